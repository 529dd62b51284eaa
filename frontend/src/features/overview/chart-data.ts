import { format } from "date-fns";
import type { StatisticsDay } from "@/client";
import type { HeatDay } from "@/components/charts/heatmap";
import type { Bar } from "@/components/charts/stacked-bars";
import { formatBytes, formatDuration } from "@/lib/format";

export function runBars(days: StatisticsDay[]): Bar[] {
  return days.map((day) => ({
    key: day.date,
    title: `${dayName(day)}: ${runsText(day)}`,
    parts: [
      { value: day.failed, className: "fill-bad" },
      { value: day.completed, className: "fill-ok" },
    ],
  }));
}

export function storedBars(days: StatisticsDay[]): Bar[] {
  return days.map((day) => ({
    key: day.date,
    title: `${dayName(day)}: ${formatBytes(day.stored)}`,
    parts: [{ value: day.stored, className: "fill-accent" }],
  }));
}

export function durationBars(days: StatisticsDay[]): Bar[] {
  return days.map((day) => ({
    key: day.date,
    title: `${dayName(day)}: ${durationText(day)}`,
    parts: [{ value: day.meanDuration ?? 0, className: "fill-accent" }],
  }));
}

export function heatDays(days: StatisticsDay[]): HeatDay[] {
  return days.map((day) => ({
    date: day.date,
    title: `${dayName(day)}: ${runsText(day)}`,
    className: day.failed > 0 ? "fill-bad" : day.completed > 0 ? "fill-ok" : "fill-line",
  }));
}

export function dayName(day: StatisticsDay): string {
  return format(new Date(`${day.date}T12:00:00`), "d MMM yyyy");
}

export function runsText(day: StatisticsDay): string {
  if (day.completed + day.failed === 0) return "no backup";
  return day.failed > 0 ? `${day.completed} completed, ${day.failed} failed` : `${day.completed} completed`;
}

export function durationText(day: StatisticsDay): string {
  return day.meanDuration === null ? "no backup" : formatDuration(day.meanDuration * 1000);
}
