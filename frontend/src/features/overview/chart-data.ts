import { format } from "date-fns";
import type { StatisticsDay } from "@/client";
import type { HeatDay } from "@/components/charts/heatmap";
import type { Bar } from "@/components/charts/stacked-bars";
import { formatBytes, formatDuration } from "@/lib/format";

/** One bar: a day, or a week where a year is shown. */
export interface Period extends Omit<StatisticsDay, "date"> {
  key: string;
  name: string;
}

/** The last days, each by itself, or by weeks where there would be too many. */
export function periods(days: StatisticsDay[], shown: number): Period[] {
  const last = days.slice(-shown);
  if (shown <= 90) return last.map((day) => ({ ...day, key: day.date, name: dayName(day) }));
  const weeks: Period[] = [];
  for (let end = last.length; end > 0; end -= 7) weeks.unshift(week(last.slice(Math.max(0, end - 7), end)));
  return weeks;
}

function week(days: StatisticsDay[]): Period {
  const last = days.at(-1) as StatisticsDay;
  const sum = (of: (day: StatisticsDay) => number) => days.reduce((total, day) => total + of(day), 0);
  const completed = sum((day) => day.completed);
  const time = sum((day) => (day.meanDuration ?? 0) * day.completed);
  return {
    key: last.date,
    name: `Week to ${dayName(last)}`,
    completed,
    failed: sum((day) => day.failed),
    size: sum((day) => day.size),
    meanDuration: completed > 0 ? time / completed : null,
    stored: last.stored,
  };
}

export function runBars(shown: Period[]): Bar[] {
  return shown.map((one) => ({
    key: one.key,
    title: `${one.name}: ${runsText(one)}`,
    parts: [
      { value: one.failed, className: "fill-bad" },
      { value: one.completed, className: "fill-ok" },
    ],
  }));
}

/** The mean size of the backups: what one more or less a day does not change. */
export function meanSize(one: Period): number {
  return one.completed > 0 ? one.size / one.completed : 0;
}

export function heatDays(days: StatisticsDay[]): HeatDay[] {
  return days.map((day) => ({
    date: day.date,
    title: `${dayName(day)}: ${runsText(day)}`,
    className: day.failed > 0 ? "fill-bad" : day.completed > 0 ? "fill-ok" : "fill-line",
    marked: day.failed > 0,
  }));
}

export function dayName(day: { date: string }): string {
  return format(new Date(`${day.date}T12:00:00`), "d MMM yyyy");
}

export function runsText(day: { completed: number; failed: number }): string {
  if (day.completed + day.failed === 0) return "no backup";
  return day.failed > 0 ? `${day.completed} completed, ${day.failed} failed` : `${day.completed} completed`;
}

export function durationText(day: { meanDuration: number | null }): string {
  return day.meanDuration === null ? "no backup" : formatDuration(day.meanDuration * 1000);
}

export function sizeText(one: Period): string {
  return one.completed === 0 ? "no backup" : formatBytes(meanSize(one));
}
