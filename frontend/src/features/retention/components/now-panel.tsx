import type { DatabaseView, RetentionRules } from "@/client";
import { ErrorState } from "@/components/layout/error-state";
import { Field } from "@/components/ui/field";
import { Notice } from "@/components/ui/notice";
import { Select } from "@/components/ui/select";
import { Skeleton } from "@/components/ui/skeleton";
import { cn } from "@/lib/cn";
import { formatBytes } from "@/lib/format";
import { usePreview } from "../api";
import { plural } from "../summary";
import { DecisionTable } from "./decision-table";
import { RetentionTimeline } from "./retention-timeline";

interface NowPanelProps {
  /** Undefined until they are known. */
  databases: DatabaseView[] | undefined;
  databaseId: string;
  onDatabase: (id: string) => void;
  rules: RetentionRules | null;
  policyId: string | null;
}

/** What the rules in the form would do to a database's backups now. */
export function NowPanel({ databases, databaseId, onDatabase, rules, policyId }: NowPanelProps) {
  const preview = usePreview(databaseId, rules, policyId);
  const found = preview.data;
  if (!databases) {
    return (
      <div role="status" aria-label="Loading the databases">
        <Skeleton className="h-60" />
      </div>
    );
  }
  if (databases.length === 0)
    return <p className="text-ink-soft">There is no database yet whose backups could be shown.</p>;
  return (
    <div className="space-y-4">
      <Field label="Database">
        {(control) => (
          <Select {...control} value={databaseId} onChange={(event) => onDatabase(event.target.value)}>
            {databases.map((database) => (
              <option key={database.id} value={database.id}>
                {database.name}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {preview.isError ? (
        <ErrorState
          title="The preview could not be made"
          error={preview.error}
          onRetry={() => preview.refetch()}
        />
      ) : !found ? (
        <div role="status" aria-label="Loading the preview">
          <Skeleton className="h-40" />
        </div>
      ) : found.backups.length === 0 ? (
        <p className="text-ink-soft">
          This database has no good backup yet. Look twelve months ahead instead.
        </p>
      ) : (
        <div className={cn("space-y-4", (preview.isPlaceholderData || rules === null) && "opacity-60")}>
          <p aria-live="polite">
            <strong>{plural(found.kept, "backup")}</strong> kept ({formatBytes(found.keptSize)}),{" "}
            <strong>{found.deleted}</strong> deleted ({formatBytes(found.deletedSize)}).
            <span className="block text-sm text-ink-faint">
              Days begin at midnight in {found.timezones.join(" and ")}.
            </span>
          </p>
          {found.cutByCeiling > 0 ? (
            <Notice
              tone="warn"
              title={`${plural(found.cutByCeiling, "backup")} beyond the limit of ${found.ceilingDays} days`}
            >
              Nothing is kept longer than MAX_BACKUP_RETENTION_DAYS says, whatever a policy says. Only pinned
              backups, the newest and the newest proven one are.
            </Notice>
          ) : null}
          <RetentionTimeline marks={found.backups} now={found.now} label="Backups on a timeline" />
          <DecisionTable backups={found.backups} />
        </div>
      )}
    </div>
  );
}
