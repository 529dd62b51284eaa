import type { BackupView } from "@/client";
import { cn } from "@/lib/cn";
import { formatBytes, formatDateTime } from "@/lib/format";

const SHOWN = 24;

interface HistoryStripProps {
  /** Newest first, as the API gives them. */
  backups: BackupView[];
}

/** A database's last backups, as many as there is room for, oldest at the left: a tall bar is good, a short one failed, a dot was cancelled. */
export function HistoryStrip({ backups }: HistoryStripProps) {
  const runs = backups.slice(0, SHOWN).reverse();
  if (runs.length === 0) return null;
  return (
    <div
      role="img"
      aria-label={summary(runs)}
      className="flex h-5 min-w-0 items-end justify-end gap-[3px] overflow-hidden"
    >
      {runs.map((run) => (
        <span
          key={run.id}
          title={`${formatDateTime(run.createdAt)}: ${run.status}${run.size ? `, ${formatBytes(run.size)}` : ""}`}
          className={cn("w-1.5 shrink-0 rounded-[2px]", BARS[run.status] ?? "h-1.5 bg-line-strong")}
        />
      ))}
    </div>
  );
}

const BARS: Record<string, string> = {
  completed: "h-full bg-ok",
  failed: "h-2.5 bg-bad",
  running: "h-full animate-breathe bg-accent",
  queued: "h-full border border-accent",
  cancelled: "h-1.5 bg-ink-faint",
};

function summary(runs: BackupView[]): string {
  const counts = new Map<string, number>();
  for (const run of runs) counts.set(run.status, (counts.get(run.status) ?? 0) + 1);
  const parts = [...counts].map(([status, count]) => `${count} ${status}`);
  return `Last ${runs.length} backups: ${parts.join(", ")}`;
}
