import { Ban, CircleCheck, CircleX } from "lucide-react";
import type { VerificationView } from "@/client";
import { Allowed } from "@/components/access/allowed";
import { LogViewer } from "@/components/log/log-viewer";
import { RunProgress } from "@/components/run/run-progress";
import { isActive } from "@/components/run/run-state";
import { StatusBadge } from "@/components/run/status-badge";
import { Button } from "@/components/ui/button";
import { Time } from "@/components/ui/time";
import { describeError } from "@/lib/api-error";
import { useProgress } from "@/lib/events/use-progress";
import { formatDuration } from "@/lib/format";
import { useLogStream } from "@/lib/log-stream";
import { toast } from "@/lib/toast";
import { levelLabel } from "@/lib/verification";
import { useCancelVerification } from "../api";

interface VerificationItemProps {
  verification: VerificationView;
  /** The newest one is shown with its checks open. */
  first: boolean;
}

export function VerificationItem({ verification, first }: VerificationItemProps) {
  const { level, status, storage, restoreSeconds, checks, startedBy } = verification;
  // A copy on the side is told only where it was not on the database's own server.
  const aside = verification.targetId === verification.databaseId ? null : verification.targetName;
  const inContainer = verification.targetKind === "container";
  return (
    <li className="space-y-2 px-4 py-3">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <p className="min-w-0 flex-1 font-semibold">{levelLabel(level)}</p>
        <StatusBadge status={status} queuePosition={verification.queuePosition} />
      </div>
      <p className="text-sm text-ink-soft">
        The copy on {storage}, <Time value={verification.completedAt ?? verification.createdAt} />
        {startedBy in AUTOMATIC ? `, ${AUTOMATIC[startedBy]}` : null}
        {restoreSeconds === null ? null : `. The restore took ${formatDuration(restoreSeconds * 1000)}`}
        {inContainer ? ", in a throwaway container" : null}
        {aside ? `, on the server of ${aside}` : null}
      </p>
      {status === "failed" ? <p className="text-sm text-bad">{verification.errorMessage}</p> : null}
      {checks.length > 0 ? (
        <details open={first}>
          <summary className="cursor-pointer text-sm font-semibold">What was checked</summary>
          <ul className="mt-1 space-y-1">
            {checks.map((check) => (
              <li key={`${check.name} ${check.message}`} className="flex items-start gap-1.5 text-sm">
                {check.ok ? (
                  <CircleCheck className="mt-0.5 size-4 shrink-0 text-ok" aria-label="Good" />
                ) : (
                  <CircleX className="mt-0.5 size-4 shrink-0 text-bad" aria-label="Bad" />
                )}
                <span className="min-w-0 break-words">{check.message}</span>
              </li>
            ))}
          </ul>
        </details>
      ) : null}
      {isActive(status) ? <Going verification={verification} /> : null}
    </li>
  );
}

const AUTOMATIC: Record<string, string> = {
  schedule: "wanted by a schedule",
  rereading: "read again by itself",
};

function Going({ verification }: { verification: VerificationView }) {
  const progress = useProgress(verification.id, verification.progress);
  const stream = useLogStream({ kind: "verify", id: verification.id, over: false });
  const cancel = useCancelVerification(verification.id);
  const stop = () =>
    cancel.mutate(undefined, {
      onError: (error) =>
        toast.error("The verification was not cancelled", { description: describeError(error) }),
    });
  return (
    <div className="space-y-3">
      <RunProgress kind="verify" progress={progress} startedAt={verification.startedAt} />
      <LogViewer
        stream={stream}
        fileName={`verification-${verification.id}.log`}
        rate={progress?.bytesPerSecond}
      />
      <Allowed to="backup.execute">
        <Button size="sm" busy={cancel.isPending} onClick={stop}>
          <Ban aria-hidden />
          Cancel the verification
        </Button>
      </Allowed>
    </div>
  );
}
