export const LEVELS = ["debug", "info", "warning", "error"] as const;
export type SystemLogLevel = (typeof LEVELS)[number];

export const CATEGORIES = [
  "application",
  "backup",
  "restore",
  "verify",
  "scheduler",
  "s3",
  "database",
  "http",
] as const;

export interface LogSearch {
  level?: SystemLogLevel;
  category?: string;
  text?: string;
}

/** The filter as the address has it; what is not one of the choices is left out. */
export function parseLogSearch(search: Record<string, unknown>): LogSearch {
  const level = LEVELS.find((known) => known === search.level);
  const category = CATEGORIES.find((known) => known === search.category);
  const text = typeof search.text === "string" ? search.text : "";
  return { ...(level && { level }), ...(category && { category }), ...(text && { text }) };
}
