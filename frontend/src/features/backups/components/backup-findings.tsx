import { Check } from "lucide-react";
import type { BackupDetail } from "@/client";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { describeError } from "@/lib/api-error";
import { formatAbsolute } from "@/lib/format";
import { toast } from "@/lib/toast";
import { useAcknowledge } from "../api";

/** What a verification found wrong with the backup, and what is odd about it beside those before it. */
export function BackupFindings({ backup }: { backup: BackupDetail }) {
  const acknowledge = useAcknowledge(backup.id);
  const open = backup.anomalies.filter((anomaly) => anomaly.acknowledgedAt === null);
  const seen = backup.anomalies.filter((anomaly) => anomaly.acknowledgedAt !== null);
  const allRight = () =>
    acknowledge.mutate(undefined, {
      onError: (error) => toast.error("Nothing was noted", { description: describeError(error) }),
    });
  return (
    <>
      {backup.damage ? (
        <Notice tone="bad" title="Do not count on this backup">
          {backup.damage}
        </Notice>
      ) : null}
      {open.length > 0 ? (
        <Notice
          tone="warn"
          title="Something is odd about this backup"
          actions={
            <Button size="sm" busy={acknowledge.isPending} onClick={allRight}>
              <Check aria-hidden />
              It is as it should be
            </Button>
          }
        >
          <ul className="space-y-1">
            {open.map((anomaly) => (
              <li key={`${anomaly.kind} ${anomaly.foundAt}`}>{anomaly.message}</li>
            ))}
          </ul>
        </Notice>
      ) : null}
      {seen.length > 0 ? (
        <details className="text-sm text-ink-soft">
          <summary className="cursor-pointer">
            {seen.length === 1 ? "1 oddity" : `${seen.length} oddities`} that somebody has seen
          </summary>
          <ul className="mt-1 space-y-1">
            {seen.map((anomaly) => (
              <li key={`${anomaly.kind} ${anomaly.foundAt}`}>
                {anomaly.message} Seen {formatAbsolute(anomaly.acknowledgedAt ?? anomaly.foundAt)}.
              </li>
            ))}
          </ul>
        </details>
      ) : null}
    </>
  );
}
