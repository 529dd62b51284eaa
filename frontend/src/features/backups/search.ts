import { BACKUP_TYPES, RUN_STATUSES } from "@/components/run/run-state";
import { day, limitOf, oneOf, pageOf, sortOf, text } from "@/lib/search-values";

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
  limit?: number;
}

export const S3_STATES = [
  { value: "complete", label: "In S3" },
  { value: "pending", label: "On the way to S3" },
  { value: "failed", label: "Upload failed" },
  { value: "none", label: "Not in S3" },
];
const SORTS = ["createdAt", "databaseName", "type", "status", "size", "duration"];
const values = (choices: { value: string }[]) => choices.map(({ value }) => value);

/** Takes what it knows and drops the rest: an old link still opens the list. */
export function parseBackupsSearch(raw: Record<string, unknown>): BackupsSearch {
  return {
    databaseId: text(raw.databaseId),
    scheduleId: text(raw.scheduleId),
    status: oneOf(raw.status, RUN_STATUSES),
    type: oneOf(raw.type, values(BACKUP_TYPES)),
    s3: oneOf(raw.s3, values(S3_STATES)),
    from: day(raw.from),
    to: day(raw.to),
    sort: sortOf(raw.sort, SORTS),
    page: pageOf(raw.page),
    limit: limitOf(raw.limit),
  };
}
