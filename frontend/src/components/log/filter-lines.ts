import type { LogLine } from "@/client";

export type LevelFilter = "debug" | "info" | "warn" | "error";

const RANK: Record<string, number> = { debug: 0, info: 1, warn: 2, error: 3 };

const rank = (level: string) => RANK[level] ?? 1;

/** The lines of at least this level whose message holds the searched text, whatever its case. */
export function filterLines(lines: LogLine[], level: LevelFilter, search: string): LogLine[] {
  const needle = search.trim().toLowerCase();
  return lines.filter(
    (line) => rank(line.level) >= rank(level) && (!needle || line.message.toLowerCase().includes(needle)),
  );
}

/** The log as a text file: time in UTC, level, message. */
export function logToText(lines: LogLine[]): string {
  return lines
    .map((line) => `${line.timestamp}  ${line.level.toUpperCase().padEnd(5)}  ${line.message}\n`)
    .join("");
}
