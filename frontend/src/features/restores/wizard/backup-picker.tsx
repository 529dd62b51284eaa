import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import type { BackupView, DatabaseView } from "@/client";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { ErrorState } from "@/components/layout/error-state";
import { Field } from "@/components/ui/field";
import { Select } from "@/components/ui/select";
import { restorableQuery } from "@/lib/queries";
import { BackupChoice } from "./backup-choice";
import type { RestoreSource } from "./plan";

interface BackupPickerProps {
  databases: DatabaseView[];
  databaseId?: string;
  source: RestoreSource | null;
  onSource: (source: RestoreSource) => void;
}

/** The completed backups of a database, newest first; a backup with several copies lets one be chosen. */
export function BackupPicker({ databases, databaseId, source, onSource }: BackupPickerProps) {
  const [database, setDatabase] = useState(databaseId ?? "");
  const name = useId();
  const backups = useQuery(restorableQuery(database || undefined));
  const choose = (backup: BackupView, copyId: string | null) =>
    onSource({
      kind: "backup",
      backupId: backup.id,
      copyId,
      databaseId: backup.databaseId,
      databaseName: backup.databaseName,
    });

  return (
    <div className="space-y-3">
      <Field label="Backups of" className="max-w-sm">
        {(control) => (
          <Select {...control} value={database} onChange={(event) => setDatabase(event.target.value)}>
            <option value="">All databases</option>
            {databases.map((one) => (
              <option key={one.id} value={one.id}>
                {one.name}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {backups.isError ? (
        <ErrorState
          title="The backups could not be loaded"
          error={backups.error}
          onRetry={() => backups.refetch()}
        />
      ) : backups.isPending ? (
        // As high as the list at its highest: most have more backups than fit.
        <div className="h-[28rem] overflow-hidden rounded-md border border-line-strong">
          <TableSkeleton label="Loading backups" rows={11} />
        </div>
      ) : backups.data.items.length === 0 ? (
        <p className="rounded-md border border-line-strong border-dashed px-4 py-8 text-center text-ink-soft">
          No completed backup here. If the backups are in S3, choose “A bucket” above.
        </p>
      ) : (
        <fieldset className="max-h-[28rem] divide-y divide-line overflow-y-auto rounded-md border border-line-strong">
          <legend className="sr-only">Backup to restore</legend>
          {backups.data.items.map((backup) => (
            <BackupChoice
              key={backup.id}
              name={name}
              backup={backup}
              chosen={source?.kind === "backup" && source.backupId === backup.id}
              copyId={source?.kind === "backup" && source.backupId === backup.id ? source.copyId : null}
              onChoose={(copyId) => choose(backup, copyId)}
            />
          ))}
        </fieldset>
      )}
    </div>
  );
}
