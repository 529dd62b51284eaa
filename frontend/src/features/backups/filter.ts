import { PAGE_SIZE } from "@/lib/page-size";
import type { BackupFilter } from "@/lib/queries";
import { daysToMoments } from "@/lib/search-values";
import type { BackupsSearch } from "./search";

/** What the API is asked for. */
export function toFilter(search: BackupsSearch): BackupFilter {
  return {
    databaseId: search.databaseId,
    scheduleId: search.scheduleId,
    status: search.status,
    type: search.type,
    s3: search.s3,
    ...daysToMoments(search.from, search.to),
    sort: search.sort ?? "-createdAt",
    page: search.page ?? 1,
    limit: search.limit ?? PAGE_SIZE,
  } as BackupFilter;
}

/** How many filters are set. */
export function countFilters(search: BackupsSearch): number {
  const { sort: _sort, page: _page, limit: _limit, ...filters } = search;
  return Object.values(filters).filter(Boolean).length;
}

/** The same list without its filters: as long, and in the same order. */
export const withoutFilters = ({ sort, limit }: BackupsSearch): BackupsSearch => ({ sort, limit });
