import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Archive } from "lucide-react";
import type { RestoreDetail } from "@/client";
import { BackLink } from "@/components/layout/back-link";
import { PageHeader } from "@/components/layout/page-header";
import { LogViewer } from "@/components/log/log-viewer";
import { EndNews } from "@/components/run/end-news";
import { RunProgress } from "@/components/run/run-progress";
import { isActive } from "@/components/run/run-state";
import { StatusBadge } from "@/components/run/status-badge";
import { buttonClass } from "@/components/ui/button-class";
import { Notice } from "@/components/ui/notice";
import { Time } from "@/components/ui/time";
import { useProgress } from "@/lib/events/use-progress";
import { formatAbsolute } from "@/lib/format";
import { useLogStream } from "@/lib/log-stream";
import { restoreQuery } from "@/lib/queries";
import { CancelRestore } from "./cancel-restore";
import { RestoreChecks } from "./restore-checks";
import { RestoreFacts } from "./restore-facts";
import { RestoreOutcome } from "./restore-outcome";
import { WayBack } from "./way-back";

export function RestorePage({ id }: { id: string }) {
  const { data: restore } = useSuspenseQuery({
    ...restoreQuery(id),
    refetchInterval: ({ state }) => (state.data && isActive(state.data.status) ? 5_000 : false),
  });
  const progress = useProgress(id, restore.progress);
  const stream = useLogStream({ kind: "restore", id, over: !isActive(restore.status) });

  return (
    <>
      <PageHeader
        title={title(restore)}
        back={<BackLink to="/restores">Restores</BackLink>}
        meta={
          <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <StatusBadge status={restore.status} queuePosition={restore.queuePosition} />
            <span>
              of {restore.sourceName}, <Time value={restore.createdAt} />
            </span>
          </span>
        }
        actions={
          <>
            {restore.backupId ? (
              <Link to="/backups/$id" params={{ id: restore.backupId }} className={buttonClass()}>
                <Archive aria-hidden />
                The backup
              </Link>
            ) : null}
            {isActive(restore.status) ? <CancelRestore restore={restore} /> : null}
          </>
        }
      />
      <EndNews
        what={`Restore into ${restore.targetDatabase}`}
        status={restore.status}
        error={restore.errorMessage}
      />
      <div className="space-y-5">
        <RestoreOutcome restore={restore} />
        {restore.status === "queued" && restore.waitingFor ? (
          <Notice tone="info" live title="Waiting for the archive">
            {restore.waitingFor} The restore then begins by itself, after a restart of this program too.
            {restore.notBefore ? <> Next look: {formatAbsolute(restore.notBefore)}.</> : null}
          </Notice>
        ) : null}
        {isActive(restore.status) ? (
          <RunProgress kind="restore" progress={progress} startedAt={restore.startedAt} />
        ) : null}
        <WayBack restore={restore} />
        <RestoreChecks restore={restore} />
        <RestoreFacts restore={restore} />
        <LogViewer
          stream={stream}
          fileName={`restore-${restore.targetDatabase}-${restore.id}.log`}
          rate={progress?.bytesPerSecond}
        />
      </div>
    </>
  );
}

function title(restore: RestoreDetail): string {
  return restore.undoOfId
    ? `${restore.targetDatabase} is brought back`
    : `Restore into ${restore.targetDatabase}`;
}
