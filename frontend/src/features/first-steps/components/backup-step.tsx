import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { BackupDetail, DatabaseView } from "@/client";
import { RunProgress } from "@/components/run/run-progress";
import { isActive } from "@/components/run/run-state";
import { StatusBadge } from "@/components/run/status-badge";
import { Button } from "@/components/ui/button";
import { buttonClass } from "@/components/ui/button-class";
import { Field } from "@/components/ui/field";
import { Notice } from "@/components/ui/notice";
import { Select } from "@/components/ui/select";
import { describeError } from "@/lib/api-error";
import { useProgress } from "@/lib/events/use-progress";
import { formatBytes, formatDuration } from "@/lib/format";
import { backupQuery } from "@/lib/queries";
import { useTestBackup } from "../api";
import { useFocusWhen } from "../use-focus";
import { StepPanel } from "./step-panel";

interface BackupStepProps {
  databases: DatabaseView[];
  onBack: () => void;
  onNext: () => void;
}

/** A backup now, watched to its end: what can go wrong goes wrong while somebody looks. */
export function BackupStep({ databases, onBack, onNext }: BackupStepProps) {
  const [databaseId, setDatabaseId] = useState(databases[0]?.id ?? "");
  const start = useTestBackup();
  const id = start.data?.id;
  const found = useQuery({ ...backupQuery(id ?? ""), enabled: Boolean(id), refetchInterval: 2_000 });
  const backup = found.data ?? start.data;
  const going = backup ? isActive(backup.status) : false;
  const done = backup?.status === "completed";
  const next = useFocusWhen<HTMLButtonElement>(done);

  return (
    <StepPanel
      title="Make a test backup"
      intro="Now, while you watch. You can leave this page: it goes on."
      onBack={onBack}
      actions={
        <>
          {done ? null : <Button onClick={onNext}>Skip</Button>}
          {done ? (
            <Button ref={next} variant="primary" onClick={onNext}>
              Continue
            </Button>
          ) : (
            <Button
              variant="primary"
              busy={start.isPending || going}
              disabled={!databaseId}
              onClick={() => start.mutate(databaseId)}
            >
              {backup && !going ? "Try again" : "Back up now"}
            </Button>
          )}
        </>
      }
    >
      {databases.length > 1 && !going && !done ? (
        <Field label="Database" className="max-w-sm">
          {(control) => (
            <Select {...control} value={databaseId} onChange={(e) => setDatabaseId(e.target.value)}>
              {databases.map((database) => (
                <option key={database.id} value={database.id}>
                  {database.name}
                </option>
              ))}
            </Select>
          )}
        </Field>
      ) : null}
      {start.isError ? (
        <Notice tone="bad" live title="The backup was not started">
          {describeError(start.error)}
        </Notice>
      ) : null}
      {backup ? <Watched backup={backup} going={going} /> : null}
    </StepPanel>
  );
}

function Watched({ backup, going }: { backup: BackupDetail; going: boolean }) {
  const progress = useProgress(backup.id, backup.progress);
  const names = Object.fromEntries(
    backup.copies.map((copy) => [copy.id, copy.s3ConfigName ?? "this machine"]),
  );
  const link = (
    <Link to="/backups/$id" params={{ id: backup.id }} className={buttonClass({ size: "sm" })}>
      Open the backup
    </Link>
  );
  if (going) {
    return (
      <div className="space-y-3">
        <p role="status">
          <StatusBadge status={backup.status} queuePosition={backup.queuePosition} />
        </p>
        <RunProgress kind="backup" progress={progress} startedAt={backup.startedAt} copyNames={names} />
      </div>
    );
  }
  return backup.status === "completed" ? (
    <Notice tone="ok" live title={`${backup.databaseName} is backed up`} actions={link}>
      {formatBytes(backup.size)} in {formatDuration((backup.duration ?? 0) * 1000)}, kept on{" "}
      {Object.values(names).join(" and ")}.
    </Notice>
  ) : (
    <Notice tone="bad" live title="The backup did not complete" actions={link}>
      {backup.errorMessage}
    </Notice>
  );
}
