import { useState } from "react";
import type { SystemStatistics } from "@/client";
import { Area } from "@/components/charts/area";
import { ChartFigure } from "@/components/charts/chart-figure";
import { StackedBars } from "@/components/charts/stacked-bars";
import { Segmented } from "@/components/ui/segmented";
import { formatBytes, formatDuration } from "@/lib/format";
import { durationText, meanSize, type Period, periods, runBars, runsText, sizeText } from "../chart-data";

const RANGES = { "30": "30 days", "90": "90 days", "365": "12 months" };
type Range = keyof typeof RANGES;

/** How the last days went. Days are UTC's, as the server counts them. */
export function Charts({ stats }: { stats: SystemStatistics }) {
  const [range, setRange] = useState<Range>("30");
  const shown = periods(stats.days, Number(range));
  const column = range === "365" ? "Week" : "Day";
  const sum = (of: (one: Period) => number) => shown.reduce((total, one) => total + of(one), 0);
  const ended = sum((one) => one.completed + one.failed);
  const most = (of: (one: Period) => number) => Math.max(0, ...shown.map(of));
  const span = { from: shown[0]?.name.replace("Week to ", "") ?? "", to: "today" };
  const newest = shown.findLast((one) => one.completed > 0);
  return (
    <section aria-labelledby="over-time" className="space-y-3">
      <header className="flex flex-wrap items-center justify-between gap-3">
        <h2 id="over-time" className="font-bold">
          Over time
        </h2>
        <Segmented
          label="How far back"
          value={range}
          onChange={setRange}
          options={Object.entries(RANGES).map(([value, label]) => ({ value: value as Range, label }))}
        />
      </header>
      <div className="grid gap-5 md:grid-cols-2">
        <ChartFigure
          title="Runs"
          summary={
            ended === 0
              ? `none in ${RANGES[range]}`
              : `${Math.round((sum((one) => one.completed) / ended) * 100)} % completed`
          }
          columns={[column, "Backups"]}
          rows={shown.map((one) => [one.name, runsText(one)])}
          scale={{ ...span, top: String(most((one) => one.completed + one.failed)) }}
        >
          <StackedBars bars={runBars(shown)} />
        </ChartFigure>
        <ChartFigure
          title="Size of a backup"
          summary={newest ? `${formatBytes(meanSize(newest))} now` : ""}
          columns={[column, "Mean size"]}
          rows={shown.map((one) => [one.name, sizeText(one)])}
          scale={{ ...span, top: formatBytes(most(meanSize)) }}
        >
          <StackedBars bars={shown.map((one) => bar(one, sizeText(one), meanSize(one)))} />
        </ChartFigure>
        <ChartFigure
          title="Mean duration"
          summary={newest ? `${durationText(newest)} now` : ""}
          columns={[column, "Mean duration"]}
          rows={shown.map((one) => [one.name, durationText(one)])}
          scale={{ ...span, top: formatDuration(most((one) => one.meanDuration ?? 0) * 1000) }}
        >
          <StackedBars bars={shown.map((one) => bar(one, durationText(one), one.meanDuration ?? 0))} />
        </ChartFigure>
        <ChartFigure
          title="Storage growth"
          summary={growth(shown)}
          columns={[column, "Stored"]}
          rows={shown.map((one) => [one.name, formatBytes(one.stored)])}
          scale={{ ...span, top: formatBytes(most((one) => one.stored)) }}
        >
          <Area
            points={shown.map((one) => ({
              key: one.key,
              title: `${one.name}: ${formatBytes(one.stored)}`,
              value: one.stored,
            }))}
          />
        </ChartFigure>
      </div>
    </section>
  );
}

function bar(one: Period, text: string, value: number) {
  return { key: one.key, title: `${one.name}: ${text}`, parts: [{ value, className: "fill-accent" }] };
}

function growth(shown: Period[]): string {
  const grown = (shown.at(-1)?.stored ?? 0) - (shown[0]?.stored ?? 0);
  if (grown === 0) return "unchanged";
  return `${grown > 0 ? "+" : ""}${formatBytes(grown)}`;
}
