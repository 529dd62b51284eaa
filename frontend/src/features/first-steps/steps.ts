import type { DatabaseView } from "@/client";

export const STEPS = [
  { id: "key", label: "Key" },
  { id: "databases", label: "Databases" },
  { id: "storage", label: "Storage" },
  { id: "schedule", label: "Schedule" },
  { id: "backup", label: "Test backup" },
  { id: "done", label: "Done" },
] as const;

export type Step = (typeof STEPS)[number]["id"];

export function parseStep(value: unknown): Step | undefined {
  return STEPS.find((step) => step.id === value)?.id;
}

/** Where to go on: the first step that the server shows nothing of yet. */
export function nextStep(databases: DatabaseView[], storages: number): Step {
  if (databases.length === 0) return "key";
  if (databases.some((database) => database.lastGoodBackupAt)) {
    return databases.some((database) => database.schedules > 0) ? "done" : "schedule";
  }
  if (databases.some((database) => database.schedules > 0)) return "backup";
  return storages === 0 ? "storage" : "schedule";
}

export function stepAfter(step: Step): Step {
  return STEPS[STEPS.findIndex((one) => one.id === step) + 1]?.id ?? "done";
}

export function stepBefore(step: Step): Step | undefined {
  return STEPS[STEPS.findIndex((one) => one.id === step) - 1]?.id;
}
