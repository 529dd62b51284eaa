import type { SystemStatistics } from "@/client";
import { ChartFigure } from "@/components/charts/chart-figure";
import { Heatmap } from "@/components/charts/heatmap";
import { useMediaQuery } from "@/lib/use-media-query";
import { dayName, heatDays, runsText } from "../chart-data";

const HALF_A_YEAR = 26 * 7;

const LEGEND = [
  { label: "all completed", className: "bg-ok" },
  { label: "a backup failed", className: "bg-bad" },
  { label: "no backup", className: "bg-line" },
];

/** A square for each day of twelve months; of six where there is no room for more. */
export function Year({ stats }: { stats: SystemStatistics }) {
  const wide = useMediaQuery("(min-width: 40rem)");
  const days = wide ? stats.days : stats.days.slice(-HALF_A_YEAR);
  const bad = days.filter((day) => day.failed > 0);
  return (
    <ChartFigure
      title={wide ? "Twelve months" : "Six months"}
      summary={
        bad.length === 0 ? "no day with a failed backup" : `${daysText(bad.length)} with a failed backup`
      }
      columns={["Day with a failed backup", "Backups"]}
      rows={bad.map((day) => [dayName(day), runsText(day)])}
      legend={LEGEND}
    >
      <Heatmap days={heatDays(days)} />
    </ChartFigure>
  );
}

function daysText(count: number): string {
  return `${count} ${count === 1 ? "day" : "days"}`;
}
