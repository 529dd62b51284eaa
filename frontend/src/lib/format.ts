import { format, formatDistanceStrict } from "date-fns";

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** "1.23 GiB": binary units, three significant digits. */
export function formatBytes(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined || !Number.isFinite(bytes)) return "–";
  let value = Math.abs(bytes);
  let unit = 0;
  // 999.5 and not 1024: "1,013 KiB" reads worse than "0.99 MiB".
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${bytes < 0 ? "−" : ""}${value.toFixed(digits)} ${UNITS[unit]}`;
}

export function formatRate(bytesPerSecond: number | null | undefined): string {
  return bytesPerSecond ? `${formatBytes(bytesPerSecond)}/s` : "–";
}

/** "0.2 s", "48 s", "2 m 15 s", "1 h 04 m", "3 d 2 h". */
export function formatDuration(milliseconds: number | null | undefined): string {
  if (milliseconds === null || milliseconds === undefined || !Number.isFinite(milliseconds)) return "–";
  const ms = Math.max(0, milliseconds);
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const pad = (value: number) => String(value).padStart(2, "0");
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${pad(seconds % 60)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} m`;
  return `${Math.floor(minutes / 1440)} d ${Math.floor((minutes % 1440) / 60)} h`;
}

export function formatCount(value: number | null | undefined): string {
  return value === null || value === undefined ? "–" : value.toLocaleString("en-GB");
}

/** "2.7 ×": how much smaller the compressed bytes are. */
export function formatRatio(before: number | null | undefined, after: number | null | undefined): string {
  if (!before || !after) return "–";
  return `${(before / after).toFixed(1)} ×`;
}

/** "2 hours ago", "in 22 hours"; what lies within 10 seconds is "just now". */
export function formatRelative(time: string | Date, now: Date): string {
  const date = new Date(time);
  if (Math.abs(date.getTime() - now.getTime()) < 10_000) return "just now";
  // "1 day ago" can be 12 or 36 hours: too coarse for the age of a backup.
  const unit = inHours(date, now) ? "hour" : undefined;
  return formatDistanceStrict(date, now, { addSuffix: true, unit });
}

/** "16 November 2025, 02:00:05 CET", in the user's zone. */
export function formatAbsolute(time: string | Date): string {
  const date = new Date(time);
  return `${format(date, "d MMMM yyyy, HH:mm:ss")} ${zoneName(date)}`;
}

/** "16 Nov 2025, 02:00". */
export function formatDateTime(time: string | Date): string {
  return format(new Date(time), "d MMM yyyy, HH:mm");
}

/** "02:00:05.123": the log's time column. */
export function formatLogTime(time: string | Date): string {
  return format(new Date(time), "HH:mm:ss.SSS");
}

// Made once: making one costs more than all else in a row of a table.
const ZONE = new Intl.DateTimeFormat("en-GB", { timeZoneName: "short" });

function zoneName(date: Date): string {
  const parts = ZONE.formatToParts(date);
  return parts.find((part) => part.type === "timeZoneName")?.value ?? "";
}

function inHours(date: Date, now: Date): boolean {
  const hours = Math.abs(date.getTime() - now.getTime()) / 3_600_000;
  return hours >= 1 && hours < 48;
}
