import { useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { CircleAlert } from "lucide-react";
import { BackLink } from "@/components/layout/back-link";
import { PageHeader } from "@/components/layout/page-header";
import { LogViewer } from "@/components/log/log-viewer";
import { Countdown } from "@/components/run/countdown";
import { EndNews } from "@/components/run/end-news";
import { RunProgress } from "@/components/run/run-progress";
import { isActive, typeLabel } from "@/components/run/run-state";
import { StatusBadge } from "@/components/run/status-badge";
import { Notice } from "@/components/ui/notice";
import { Time } from "@/components/ui/time";
import { useProgress } from "@/lib/events/use-progress";
import { formatDateTime } from "@/lib/format";
import { useLogStream } from "@/lib/log-stream";
import { backupQuery } from "@/lib/queries";
import { BackUpAgain } from "./back-up-again";
import { BackupActions } from "./backup-actions";
import { BackupFacts } from "./backup-facts";
import { BackupFindings } from "./backup-findings";
import { BackupTables } from "./backup-tables";
import { copyName } from "./copies-line";
import { CopiesPanel } from "./copies-panel";
import { PartsList } from "./parts-list";
import { RetentionPanel } from "./retention-panel";
import { VerifyPanel } from "./verify-panel";

export function BackupPage({ id }: { id: string }) {
  const { data: backup } = useSuspenseQuery({
    ...backupQuery(id),
    // The events tell; this is for when they can't.
    refetchInterval: ({ state }) => (state.data && isActive(state.data.status) ? 5_000 : false),
  });
  const progress = useProgress(id, backup.progress);
  const stream = useLogStream({ kind: "backup", id, over: !isActive(backup.status) });
  const navigate = useNavigate();
  const copyNames = Object.fromEntries(backup.copies.map((copy) => [copy.id, copyName(copy)]));

  return (
    <>
      <PageHeader
        title={`${backup.databaseName}, ${formatDateTime(backup.createdAt)}`}
        heading={
          <>
            {backup.databaseName}
            <span className="ml-3 inline-block font-normal text-ink-soft">
              {formatDateTime(backup.createdAt)}
            </span>
          </>
        }
        back={<BackLink to="/backups">Backups</BackLink>}
        meta={
          <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <StatusBadge status={backup.status} queuePosition={backup.queuePosition} />
            <span>
              {typeLabel(backup.type)} backup, <Time value={backup.createdAt} />
            </span>
            {backup.label ? <span className="font-semibold text-ink">“{backup.label}”</span> : null}
          </span>
        }
        actions={<BackupActions backup={backup} onDeleted={() => void navigate({ to: "/backups" })} />}
      />
      <EndNews what={`Backup of ${backup.databaseName}`} status={backup.status} error={backup.errorMessage} />
      <div className="space-y-5">
        {backup.status === "failed" ? (
          <Notice
            tone="bad"
            title="This backup failed. Nothing of it can be restored."
            actions={backup.databaseId ? <BackUpAgain databaseId={backup.databaseId} /> : undefined}
          >
            {backup.errorMessage ?? "The log tells what happened."}
          </Notice>
        ) : null}
        {backup.status === "queued" && backup.errorMessage ? (
          <Notice
            tone="warn"
            title={
              <>
                Attempt {backup.attempt}{" "}
                {backup.notBefore ? <Countdown to={backup.notBefore} /> : "begins as soon as there is room"}
              </>
            }
          >
            {backup.errorMessage}
          </Notice>
        ) : null}
        {backup.status === "completed" && backup.copies.some((copy) => copy.state === "failed") ? (
          <Notice tone="warn" title="One copy is missing">
            The backup is good, but not every copy could be written. See “Copies” below; upload it again when
            the storage answers.
          </Notice>
        ) : null}
        <BackupFindings backup={backup} />
        {backup.status === "running" || (backup.status === "queued" && !backup.notBefore) ? (
          <RunProgress kind="backup" progress={progress} startedAt={backup.startedAt} copyNames={copyNames} />
        ) : null}
        <div className="grid items-start gap-5 lg:grid-cols-2">
          <BackupFacts backup={backup} />
          <div className="min-w-0 space-y-5">
            <CopiesPanel backup={backup} progress={progress} />
            <PartsList backup={backup} />
            {backup.status === "completed" ? <VerifyPanel backup={backup} /> : null}
            {backup.retention ? <RetentionPanel decision={backup.retention} /> : null}
            {backup.tables.length > 0 ? <BackupTables tables={backup.tables} /> : null}
          </div>
        </div>
        <LogViewer
          stream={stream}
          fileName={`${backup.fileName ?? backup.id}.log`}
          rate={progress?.bytesPerSecond}
        />
        {backup.attempt > 1 ? (
          <p className="flex items-center gap-1.5 text-sm text-ink-soft">
            <CircleAlert className="size-4" aria-hidden /> This was attempt {backup.attempt}.
          </p>
        ) : null}
      </div>
    </>
  );
}
