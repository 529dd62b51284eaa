import { BACKUP_TYPES, RUN_STATUSES } from "@/components/run/run-state";

/** The backup list's filters, as they stand in the address. */
export interface BackupsSearch {
  databaseId?: string;
  scheduleId?: string;
  status?: string;
  type?: string;
  s3?: string;
  from?: string;
  to?: string;
  sort?: string;
  page?: number;
}

export const S3_STATES = [
  { value: "complete", label: "In S3" },
  { value: "pending", label: "On the way to S3" },
  { value: "failed", label: "Upload failed" },
  { value: "none", label: "Not in S3" },
];
const SORTS = ["createdAt", "databaseName", "type", "status", "size", "duration"];

/** Takes what it knows and drops the rest: an old link still opens the list. */
export function parseBackupsSearch(raw: Record<string, unknown>): BackupsSearch {
  const page = Number(raw.page);
  return {
    databaseId: text(raw.databaseId),
    scheduleId: text(raw.scheduleId),
    status: oneOf(raw.status, RUN_STATUSES),
    type: oneOf(
      raw.type,
      BACKUP_TYPES.map((type) => type.value),
    ),
    s3: oneOf(
      raw.s3,
      S3_STATES.map((state) => state.value),
    ),
    from: day(raw.from),
    to: day(raw.to),
    sort: oneOf(raw.sort, [...SORTS, ...SORTS.map((sort) => `-${sort}`)]),
    page: Number.isInteger(page) && page > 1 ? page : undefined,
  };
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value ? value : undefined;
}

function oneOf(value: unknown, allowed: string[]): string | undefined {
  return allowed.find((one) => one === value);
}

function day(value: unknown): string | undefined {
  return typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value) ? value : undefined;
}
