import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Archive, RotateCcw } from "lucide-react";
import type { BackupView, RestoreView } from "@/client";
import { progressShare } from "@/components/run/run-progress";
import { isActive } from "@/components/run/run-state";
import { StatusBadge } from "@/components/run/status-badge";
import { ProgressBar } from "@/components/ui/progress-bar";
import { Section } from "@/components/ui/section";
import { useProgress } from "@/lib/events/use-progress";
import { formatDuration, formatRate } from "@/lib/format";
import { restoresQuery } from "@/lib/queries";

/** Backups and restores under way, live. Takes no space when there are none. */
export function RunningNow({ backups }: { backups: BackupView[] }) {
  const restores = useQuery(restoresQuery({ limit: 20 }));
  const running = [
    ...(restores.data?.items ?? [])
      .filter((restore) => isActive(restore.status))
      .map((run) => ({ kind: "restore" as const, run })),
    ...backups.filter((backup) => isActive(backup.status)).map((run) => ({ kind: "backup" as const, run })),
  ];
  if (running.length === 0) return null;
  return (
    <Section title="Running now" flush>
      <ul className="divide-y divide-line">
        {running.map(({ kind, run }) => (
          <RunRow key={run.id} kind={kind} run={run} />
        ))}
      </ul>
    </Section>
  );
}

interface RunRowProps {
  kind: "backup" | "restore";
  run: BackupView | RestoreView;
}

function RunRow({ kind, run }: RunRowProps) {
  const progress = useProgress(run.id, run.progress);
  const Icon = kind === "backup" ? Archive : RotateCcw;
  const name =
    kind === "backup"
      ? `Backup of ${run.databaseName}`
      : `Restore into ${"targetDatabase" in run ? run.targetDatabase : run.databaseName}`;
  return (
    <li className="grid items-center gap-x-5 gap-y-2 px-4 py-3 md:grid-cols-[minmax(0,1fr)_minmax(0,1.2fr)_auto]">
      <Link
        to={kind === "backup" ? "/backups/$id" : "/restores/$id"}
        params={{ id: run.id }}
        className="flex min-w-0 items-center gap-2 rounded-sm font-semibold underline-offset-3 hover:underline"
      >
        <Icon className="size-4 shrink-0 text-ink-faint" aria-hidden />
        <span className="truncate">{name}</span>
      </Link>
      <div className="min-w-0">
        <ProgressBar value={run.status === "running" ? progressShare(kind, progress) : 0} label={name} />
        <p className="mt-1 truncate text-sm text-ink-soft">
          {progress?.stage ?? "Waiting for its turn"}
          {progress?.bytesPerSecond ? ` · ${formatRate(progress.bytesPerSecond)}` : ""}
          {progress?.etaSeconds ? ` · about ${formatDuration(progress.etaSeconds * 1000)} left` : ""}
        </p>
      </div>
      <span>
        <StatusBadge status={run.status} queuePosition={run.queuePosition} />
      </span>
    </li>
  );
}
