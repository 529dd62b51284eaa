import type { RetentionSimulation } from "@/client";
import { formatBytes, formatCount } from "@/lib/format";

const WIDTH = 480;
const HEIGHT = 120;

/** How many backups there would be over the months, as a filled line. */
export function AheadChart({ simulation }: { simulation: RetentionSimulation }) {
  const { points, start, end, most } = simulation;
  if (points.length === 0) return null;
  const begin = new Date(start).getTime();
  const span = new Date(end).getTime() - begin;
  const x = (at: string) => ((new Date(at).getTime() - begin) / span) * WIDTH;
  const y = (count: number) => HEIGHT - (count / Math.max(1, most)) * (HEIGHT - 8);
  const line = points.map((point) => `${x(point.at).toFixed(1)},${y(point.count).toFixed(1)}`).join(" ");
  const peak = points.reduce((a, b) => (b.count > a.count ? b : a));
  const last = points.at(-1) ?? peak;
  return (
    <figure>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Backups kept over twelve months: at most ${formatCount(peak.count)}, ${formatCount(last.count)} in the end`}
        className="h-28 w-full rounded-md border bg-sunken"
      >
        <polygon points={`0,${HEIGHT} ${line} ${WIDTH},${HEIGHT}`} className="fill-accent-soft" />
        <polyline
          points={`0,${HEIGHT} ${line}`}
          className="fill-none stroke-accent"
          strokeWidth={2}
          vectorEffect="non-scaling-stroke"
        />
      </svg>
      <figcaption className="caption mt-1 flex justify-between gap-4">
        <span>now</span>
        <span>
          backups kept, at most {formatCount(peak.count)}
          {peak.size > 0 ? ` (${formatBytes(peak.size)})` : ""}
        </span>
        <span>in twelve months</span>
      </figcaption>
    </figure>
  );
}
