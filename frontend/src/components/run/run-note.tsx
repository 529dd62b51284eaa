import type { BackupView } from "@/client";
import { Countdown } from "./countdown";

/** Below a backup's state: which attempt it is, and when the next begins. */
export function RunNote({ backup }: { backup: BackupView }) {
  const waiting = backup.status === "queued" && backup.notBefore ? backup.notBefore : null;
  if (backup.attempt === 1 && !waiting) return null;
  return (
    <span className="block text-sm whitespace-nowrap text-ink-soft">
      {backup.attempt > 1 ? `Attempt ${backup.attempt}` : "Starts"}
      {waiting ? (
        <>
          {" "}
          <Countdown to={waiting} />
        </>
      ) : null}
    </span>
  );
}
