/** What of a database goes into a backup, as forms hold it. */
export interface DumpContent {
  content: "all" | "schema" | "data";
  includeTables: string;
  excludeTables: string;
  /** How many dump jobs, in digits; empty: as the database's own options say. */
  jobs: string;
}

/** What can be meant by `jobs`. */
export const JOBS = /^[1-8]?$/;
export const JOBS_MESSAGE = "A whole number from 1 to 8.";

/** The dump options that the API takes. */
export function toOptions(values: DumpContent): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  if (values.content === "schema") options.schemaOnly = true;
  if (values.content === "data") options.dataOnly = true;
  const include = names(values.includeTables);
  const exclude = names(values.excludeTables);
  if (include.length > 0) options.includeTables = include;
  if (exclude.length > 0) options.excludeTables = exclude;
  if (values.jobs) options.jobs = Number(values.jobs);
  return options;
}

export function fromOptions(options: Record<string, unknown>): DumpContent {
  return {
    content: options.schemaOnly ? "schema" : options.dataOnly ? "data" : "all",
    includeTables: listed(options.includeTables),
    excludeTables: listed(options.excludeTables),
    jobs: typeof options.jobs === "number" ? String(options.jobs) : "",
  };
}

/** In a few words, for a closed panel. */
export function contentSummary(values: DumpContent): string {
  const content = { all: "everything", schema: "schema only", data: "data only" }[values.content];
  const some = values.includeTables.trim() || values.excludeTables.trim() ? ", some tables" : "";
  return `${content}${some}${Number(values.jobs) > 1 ? `, ${values.jobs} dump jobs` : ""}`;
}

/** Names separated by commas, spaces or line breaks. */
function names(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}

function listed(value: unknown): string {
  return Array.isArray(value) ? value.join(", ") : "";
}
