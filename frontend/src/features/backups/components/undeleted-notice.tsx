import { useQuery } from "@tanstack/react-query";
import type { BackupView } from "@/client";
import { Notice } from "@/components/ui/notice";
import { Time } from "@/components/ui/time";
import { undeletedQuery } from "@/lib/queries";
import { copyName } from "./copies-line";

const MOST = 5;

/** Backups that are deleted here, but whose files a storage did not let go of yet. */
export function UndeletedNotice() {
  const found = useQuery(undeletedQuery());
  const stuck = (found.data?.items ?? []).filter((backup) => lastError(backup) !== undefined);
  if (stuck.length === 0) return null;
  return (
    <Notice
      tone="warn"
      className="mb-5"
      title={`${stuck.length} deleted ${stuck.length === 1 ? "backup still takes" : "backups still take"} room: its files could not be deleted yet`}
    >
      <ul className="space-y-1.5">
        {stuck.slice(0, MOST).map((backup) => (
          <li key={backup.id}>
            <span className="font-semibold">{backup.fileName ?? backup.databaseName}</span>, deleted{" "}
            <Time value={backup.deletedAt} />: {lastError(backup)}
          </li>
        ))}
      </ul>
      {stuck.length > MOST ? <p>And {stuck.length - MOST} more.</p> : null}
      <p className="mt-1.5">It is tried again by itself, at ever longer intervals.</p>
    </Notice>
  );
}

function lastError(backup: BackupView): string | undefined {
  const copy = backup.copies.find((one) => one.state === "deleting" && one.error);
  return copy ? `${copyName(copy)}: ${copy.error}` : undefined;
}
