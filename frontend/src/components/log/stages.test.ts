import { expect, it } from "vitest";
import type { LogLine } from "@/client";
import { isStage, layOut, logToText, stageDuration, stageRate } from "./stages";

const at = (second: number) => new Date(Date.UTC(2026, 10, 22, 2, 0, second)).toISOString();
const line = (seq: number, message: string, change: Partial<LogLine> = {}): LogLine => ({
  seq,
  level: "info",
  message,
  metadata: null,
  timestamp: at(seq),
  ...change,
});

const LINES = [
  line(1, "Queued"),
  line(2, "Checking beforehand", { metadata: { stage: "Checking beforehand", stageBytes: 0 } }),
  line(3, "Connected"),
  line(4, "Dumping", { metadata: { stage: "Dumping", stageBytes: 0 } }),
  line(5, "table public.orders"),
  line(6, "circular keys", { level: "warn" }),
  line(9, "Finishing", { timestamp: at(14), metadata: { stage: "Finishing", stageBytes: 50_000_000 } }),
  line(10, "Backup completed: 12 MiB stored.", { timestamp: at(15), metadata: { stage: "Completed" } }),
];
const ALL = { level: "info", search: "", folded: new Set<number>(), ended: true } as const;
const shown = (items: ReturnType<typeof layOut>["items"]) =>
  items.map((item) => (isStage(item) ? `# ${item.name}` : item.message));

it("puts lines below the stage they belong to, and says how long each took and how fast it was", () => {
  const { items, stages, shown: count } = layOut(LINES, ALL);
  expect(shown(items)).toEqual([
    "Queued",
    "# Checking beforehand",
    "Connected",
    "# Dumping",
    "table public.orders",
    "circular keys",
    "# Finishing",
    "# Completed",
    "Backup completed: 12 MiB stored.",
  ]);
  expect(count).toBe(8);
  expect(stages.map(stageDuration)).toEqual([2000, 10_000, 1000, null]);
  expect(stages.map(stageRate)).toEqual([null, 5_000_000, null, null]);
  expect(stages[1]).toMatchObject({ warnings: 1, errors: 0, outcome: null });
  expect(stages[3]).toMatchObject({ outcome: "good" });
});

it("hides the lines of a folded stage, and stages without a line that fits", () => {
  expect(shown(layOut(LINES, { ...ALL, folded: new Set([4]) }).items)).not.toContain("circular keys");
  expect(shown(layOut(LINES, { ...ALL, level: "warn" }).items)).toEqual(["# Dumping", "circular keys"]);
  expect(shown(layOut(LINES, { ...ALL, search: " CONNECTED " }).items)).toEqual([
    "# Checking beforehand",
    "Connected",
  ]);
});

it("leaves the last stage open while the run goes on, and ends it with its log", () => {
  const running = layOut(LINES.slice(0, 6), { ...ALL, ended: false }).stages;
  expect(running.at(-1)).toMatchObject({ name: "Dumping", endedAt: null });
  const cut = layOut(LINES.slice(0, 6), ALL).stages;
  expect(cut.at(-1)?.endedAt).toBe(at(6));
});

it("lays a hundred thousand lines out, whatever they say", () => {
  const many = Array.from({ length: 100_000 }, (_, n) => line(n + 1, `line ${n}`));
  expect(layOut(many, { ...ALL, search: "line 99999" }).items).toHaveLength(1);
});

it("writes the log as text", () => {
  expect(logToText([line(1, "a", { level: "warn" })])).toBe("2026-11-22T02:00:01.000Z  WARN   a\n");
});
