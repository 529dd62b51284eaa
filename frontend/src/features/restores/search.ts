import { RUN_STATUSES } from "@/components/run/run-state";
import { PAGE_SIZE } from "@/lib/page-size";
import type { RestoreFilter } from "@/lib/queries";
import { day, daysToMoments, limitOf, oneOf, pageOf, sortOf, text } from "@/lib/search-values";

/** The restore list's filters, as they stand in the address. */
export interface RestoresSearch {
  databaseId?: string;
  status?: string;
  from?: string;
  to?: string;
  sort?: string;
  page?: number;
  limit?: number;
}

const SORTS = ["createdAt", "targetDatabase", "status", "duration"];

/** Takes what it knows and drops the rest: an old link still opens the list. */
export function parseRestoresSearch(raw: Record<string, unknown>): RestoresSearch {
  return {
    databaseId: text(raw.databaseId),
    status: oneOf(raw.status, RUN_STATUSES),
    from: day(raw.from),
    to: day(raw.to),
    sort: sortOf(raw.sort, SORTS),
    page: pageOf(raw.page),
    limit: limitOf(raw.limit),
  };
}

/** What the API is asked for. */
export function toRestoreFilter(search: RestoresSearch): RestoreFilter {
  return {
    databaseId: search.databaseId,
    status: search.status,
    ...daysToMoments(search.from, search.to),
    sort: search.sort ?? "-createdAt",
    page: search.page ?? 1,
    limit: search.limit ?? PAGE_SIZE,
  } as RestoreFilter;
}

/** How many filters are set. */
export function countRestoreFilters({ databaseId, status, from, to }: RestoresSearch): number {
  return [databaseId, status, from, to].filter(Boolean).length;
}
