import type { LogLine } from "@/client";

export type LevelFilter = "debug" | "info" | "warn" | "error";

/** A part of a run, as its log tells it: from the line that begins it to the line that begins the next. */
export interface Stage {
  /** `seq` of the line that begins it. */
  key: number;
  name: string;
  startedAt: string;
  /** Null while it goes on. */
  endedAt: string | null;
  /** What it moved; null where that is not known. */
  bytes: number | null;
  /** How the run ended: the last one is no work, it only says so. */
  outcome: "good" | "bad" | null;
  warnings: number;
  errors: number;
  /** Lines of it that fit the filter. */
  shown: number;
  open: boolean;
}

export type LogItem = LogLine | Stage;

export const isStage = (item: LogItem): item is Stage => "key" in item;

interface LayOutOptions {
  level: LevelFilter;
  search: string;
  /** Keys of the stages that are folded. */
  folded: ReadonlySet<number>;
  /** Nothing more will come. */
  ended: boolean;
}

export interface LogLayout {
  items: LogItem[];
  stages: Stage[];
  /** How many lines fit the filter, folded ones included. */
  shown: number;
}

const RANK: Record<string, number> = { debug: 0, info: 1, warn: 2, error: 3 };
const OUTCOMES: Record<string, Stage["outcome"]> = { Completed: "good", Failed: "bad", Ended: "bad" };

/** The rows of the log: its lines below the stages they belong to, without what is folded or does not fit. */
export function layOut(lines: LogLine[], { level, search, folded, ended }: LayOutOptions): LogLayout {
  const least = RANK[level] ?? 1;
  const needle = search.trim().toLowerCase();
  const items: LogItem[] = [];
  const stages: Stage[] = [];
  let stage: Stage | null = null;
  let shown = 0;

  for (const line of lines) {
    const begins: unknown = line.metadata?.stage;
    const fits = (RANK[line.level] ?? 1) >= least && (!needle || line.message.toLowerCase().includes(needle));
    if (fits) shown += 1;
    if (typeof begins === "string") {
      if (stage) end(stage, line);
      stage = begin(begins, line, !folded.has(line.seq));
      stages.push(stage);
      items.push(stage);
    }
    if (stage) {
      if (line.level === "warn") stage.warnings += 1;
      else if (line.level === "error") stage.errors += 1;
      if (fits) stage.shown += 1;
    }
    // The heading says already what a line says that only begins a stage.
    if (fits && (!stage || stage.open) && line.message !== begins) items.push(line);
  }
  if (stage && ended) stage.endedAt = lines.at(-1)?.timestamp ?? null;
  const narrowed = needle !== "" || least > 1;
  return {
    items: narrowed ? items.filter((item) => !isStage(item) || item.shown > 0) : items,
    stages,
    shown,
  };
}

function begin(name: string, line: LogLine, open: boolean): Stage {
  return {
    key: line.seq,
    name,
    startedAt: line.timestamp,
    endedAt: null,
    bytes: null,
    outcome: OUTCOMES[name] ?? null,
    warnings: 0,
    errors: 0,
    shown: 0,
    open,
  };
}

function end(stage: Stage, next: LogLine) {
  stage.endedAt = next.timestamp;
  const bytes: unknown = next.metadata?.stageBytes;
  if (typeof bytes === "number" && bytes > 0) stage.bytes = bytes;
}

/** How long a stage took in milliseconds; null while it goes on, and for what is no work. */
export function stageDuration(stage: Stage): number | null {
  if (stage.outcome || !stage.endedAt) return null;
  return Math.max(0, new Date(stage.endedAt).getTime() - new Date(stage.startedAt).getTime());
}

/** Bytes a second of a stage that is over; null where it moved nothing, or was too short to tell. */
export function stageRate(stage: Stage): number | null {
  const took = stageDuration(stage);
  return took && took >= 200 && stage.bytes ? stage.bytes / (took / 1000) : null;
}

/** The log as a text file: time in UTC, level, message. */
export function logToText(lines: LogLine[]): string {
  return lines
    .map((line) => `${line.timestamp}  ${line.level.toUpperCase().padEnd(5)}  ${line.message}\n`)
    .join("");
}
