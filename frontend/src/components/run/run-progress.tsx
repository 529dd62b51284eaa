import type { ProgressView } from "@/client";
import { ProgressBar } from "@/components/ui/progress-bar";
import { formatBytes, formatCount, formatDuration, formatRate } from "@/lib/format";
import { Elapsed } from "./elapsed";
import { Figure } from "./figure";

type RunKind = "backup" | "restore" | "verify";

interface RunProgressProps {
  kind: RunKind;
  progress: ProgressView | null;
  startedAt: string | null;
  /** Names of the places copies go to, by copy id. */
  copyNames?: Record<string, string>;
}

const NAMES: Record<RunKind, { run: string; read: string }> = {
  backup: { run: "Backup", read: "Dumped" },
  restore: { run: "Restore", read: "Into the database" },
  verify: { run: "Verification", read: "Plain dump read" },
};

/** What a running backup or restore does now, how far it is, and how long it may take. */
export function RunProgress({ kind, progress, startedAt, copyNames = {} }: RunProgressProps) {
  const share = progressShare(kind, progress);
  return (
    <section aria-label="Progress" className="panel px-4 py-4">
      <div className="mb-2 flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
        <p className="min-w-0 font-semibold">
          {progress?.stage ?? "Starting"}
          {progress?.currentTable ? (
            <span className="ml-2 font-mono text-sm font-normal break-all text-ink-soft">
              {progress.currentTable}
            </span>
          ) : null}
        </p>
        <p className="text-sm text-ink-soft">
          {share !== null ? `${Math.floor(share * 100)} %` : null}
          {progress?.etaSeconds ? ` · about ${formatDuration(progress.etaSeconds * 1000)} left` : null}
        </p>
      </div>
      <ProgressBar value={share} label={`${NAMES[kind].run} progress`} />
      <dl className="mt-4 grid grid-cols-[repeat(auto-fit,minmax(8.5rem,1fr))] gap-x-4 gap-y-3">
        <Figure name="Elapsed">
          <Elapsed since={startedAt} />
        </Figure>
        <Figure name="Rate">{formatRate(progress?.bytesPerSecond)}</Figure>
        <Figure name={NAMES[kind].read}>{formatBytes(progress?.bytesRead)}</Figure>
        <Figure name={kind === "backup" ? "Compressed" : "Read from the backup"}>
          {formatBytes(progress?.bytesWritten)}
        </Figure>
        <Figure name="Tables">
          {progress
            ? `${formatCount(progress.tablesDone)}${progress.tablesTotal ? ` of ${formatCount(progress.tablesTotal)}` : ""}`
            : "–"}
        </Figure>
        {Object.entries(progress?.bytesUploaded ?? {}).map(([copyId, bytes]) => (
          <Figure key={copyId} name={`To ${copyNames[copyId] ?? "storage"}`}>
            {formatBytes(bytes)}
          </Figure>
        ))}
      </dl>
    </section>
  );
}

/** 0 to 1, or null where the end is unknown. An estimate that was too small stays just short of the end. */
export function progressShare(kind: RunKind, progress: ProgressView | null): number | null {
  if (!progress?.bytesTotal) return null;
  const done = kind === "backup" ? progress.bytesRead : progress.bytesWritten;
  return Math.min(0.99, done / progress.bytesTotal);
}
