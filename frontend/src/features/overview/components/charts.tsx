import type { SystemStatistics } from "@/client";
import { ChartFigure } from "@/components/charts/chart-figure";
import { Heatmap } from "@/components/charts/heatmap";
import { StackedBars } from "@/components/charts/stacked-bars";
import { formatBytes, formatDuration } from "@/lib/format";
import { dayName, durationBars, durationText, heatDays, runBars, runsText, storedBars } from "../chart-data";

const SHOWN_DAYS = 30;

/** How the last days went. Days are UTC's, as the server counts them. */
export function Charts({ stats }: { stats: SystemStatistics }) {
  const days = stats.days.slice(-SHOWN_DAYS);
  const ended = days.reduce((total, day) => total + day.completed + day.failed, 0);
  const good = days.reduce((total, day) => total + day.completed, 0);
  const stored = stats.storedLocal + stats.storedS3;
  const bad = stats.days.filter((day) => day.failed > 0).length;
  return (
    <div className="grid gap-5 lg:grid-cols-3">
      <ChartFigure
        title="Backups by day"
        summary={
          ended === 0 ? "none in 30 days" : `${Math.round((good / ended) * 100)} % completed in 30 days`
        }
        columns={["Day", "Backups"]}
        rows={days.map((day) => [dayName(day), runsText(day)])}
      >
        <StackedBars bars={runBars(days)} />
      </ChartFigure>
      <ChartFigure
        title="Stored"
        summary={formatBytes(stored)}
        columns={["Day", "Stored"]}
        rows={days.map((day) => [dayName(day), formatBytes(day.stored)])}
      >
        <StackedBars bars={storedBars(days)} />
      </ChartFigure>
      <ChartFigure
        title="Mean duration"
        summary={stats.meanDuration === null ? "" : formatDuration(stats.meanDuration * 1000)}
        columns={["Day", "Mean duration"]}
        rows={days.map((day) => [dayName(day), durationText(day)])}
      >
        <StackedBars bars={durationBars(days)} />
      </ChartFigure>
      <div className="min-w-0 max-sm:hidden lg:col-span-3">
        <ChartFigure
          title="Twelve months"
          summary={
            bad === 0
              ? "no day with a failed backup"
              : `${bad} ${bad === 1 ? "day" : "days"} with a failed backup`
          }
          columns={["Day with a failed backup", "Backups"]}
          rows={stats.days.filter((day) => day.failed > 0).map((day) => [dayName(day), runsText(day)])}
        >
          <Heatmap days={heatDays(stats.days)} />
        </ChartFigure>
      </div>
    </div>
  );
}
