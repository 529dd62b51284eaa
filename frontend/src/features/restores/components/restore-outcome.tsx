import type { RestoreDetail } from "@/client";
import { Notice } from "@/components/ui/notice";
import { MODES, modeOf } from "../mode";

/** How a restore ended, and what that means for the databases. */
export function RestoreOutcome({ restore }: { restore: RestoreDetail }) {
  const { creates, destroys } = MODES[modeOf(restore.options)];
  const target = <strong className="font-semibold text-ink">{restore.targetDatabase}</strong>;
  if (restore.status === "completed" && restore.undoOfId) {
    return (
      <Notice tone="ok" title={`${restore.targetDatabase} is what it was before`}>
        What the restore had replaced is back in its place.
      </Notice>
    );
  }
  if (restore.status === "completed" && creates) {
    return (
      <Notice tone="ok" title={`${restore.targetDatabase} is restored`}>
        Point your application to the database {target} on the server of {restore.databaseName}, or look into
        it first. The original was not touched.
      </Notice>
    );
  }
  if (restore.status === "completed") {
    return destroys ? (
      <Notice tone="ok" title={`${restore.targetDatabase} is restored`}>
        {modeOf(restore.options) === "clean"
          ? "What the backup holds is as it was then; what else was in the database is still there."
          : "The database holds what the backup holds."}
      </Notice>
    ) : (
      <Notice tone="ok" title={`The rows are in ${restore.targetDatabase}`}>
        All rows of the backup were added to {target}. What was there before is still there.
      </Notice>
    );
  }
  if (restore.status === "failed") {
    return (
      <Notice tone="bad" title={`This restore failed. ${whatIsLeft(restore)}`}>
        {restore.errorMessage ?? "The log tells what happened."}
      </Notice>
    );
  }
  if (restore.status === "queued" && restore.attempt > 1) {
    return (
      <Notice tone="warn" title={`Attempt ${restore.attempt - 1} failed; it is tried again`}>
        {restore.errorMessage}
      </Notice>
    );
  }
  return null;
}

const REMOVED = "The new database was removed; nothing else was changed.";

function whatIsLeft(restore: RestoreDetail): string {
  const { creates, destroys } = MODES[modeOf(restore.options)];
  if (creates) return restore.checks.some((check) => !check.ok) ? "" : REMOVED;
  return destroys ? "" : "Rows go in all at once or not at all; nothing was dropped.";
}
