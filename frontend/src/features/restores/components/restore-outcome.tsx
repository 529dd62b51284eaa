import type { RestoreDetail } from "@/client";
import { Notice } from "@/components/ui/notice";
import { MODES, modeOf } from "../mode";

/** How a restore ended, and what that means for the databases. */
export function RestoreOutcome({ restore }: { restore: RestoreDetail }) {
  const creates = MODES[modeOf(restore.options)].creates;
  const target = <strong className="font-semibold text-ink">{restore.targetDatabase}</strong>;
  if (restore.status === "completed" && creates) {
    return (
      <Notice tone="ok" title={`${restore.targetDatabase} is restored`}>
        Point your application to the database {target} on the server of {restore.databaseName}, or look into
        it first. The original was not touched.
      </Notice>
    );
  }
  if (restore.status === "completed") {
    return (
      <Notice tone="ok" title={`The rows are in ${restore.targetDatabase}`}>
        All rows of the backup were added to {target}. What was there before is still there.
      </Notice>
    );
  }
  if (restore.status === "failed") {
    const left = creates
      ? "The new database was removed; nothing else was changed."
      : "Rows go in all at once or not at all; nothing was dropped.";
    return (
      <Notice tone="bad" title={`This restore failed. ${left}`}>
        {restore.errorMessage ?? "The log tells what happened."}
      </Notice>
    );
  }
  return null;
}
