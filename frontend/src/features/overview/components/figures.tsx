import type { SystemStatistics } from "@/client";
import { Figure } from "@/components/run/figure";
import { formatBytes, formatCount } from "@/lib/format";

/** The few numbers that say whether all is well. */
export function Figures({ stats }: { stats: SystemStatistics }) {
  const recent = stats.completed24h + stats.failed24h;
  return (
    <dl className="panel grid grid-cols-2 gap-x-6 gap-y-3 px-4 py-3 sm:grid-cols-3 lg:grid-cols-5">
      <Figure name="Backups">{formatCount(stats.backups)}</Figure>
      <Figure name="Completed in 24 h">
        {formatCount(stats.completed24h)}
        {recent > 0 ? (
          <span className="ml-1.5 text-sm font-normal text-ink-soft">
            {Math.round((stats.completed24h / recent) * 100)} %
          </span>
        ) : null}
      </Figure>
      <Figure name="Failed in 24 h">
        <span className={stats.failed24h > 0 ? "text-bad" : undefined}>{formatCount(stats.failed24h)}</span>
      </Figure>
      <Figure name="Stored">{formatBytes(stats.storedLocal + stats.storedS3)}</Figure>
      <Figure name="Proven restorable">
        {stats.proven} of {stats.databases}
      </Figure>
    </dl>
  );
}
