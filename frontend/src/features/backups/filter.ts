import type { BackupFilter } from "@/lib/queries";
import type { BackupsSearch } from "./search";

export const PAGE_SIZE = 50;

/** What the API is asked for. Days are the user's: from the first's midnight to the last's end. */
export function toFilter(search: BackupsSearch): BackupFilter {
  const end = search.to ? new Date(`${search.to}T00:00:00`) : undefined;
  end?.setDate(end.getDate() + 1);
  return {
    databaseId: search.databaseId,
    scheduleId: search.scheduleId,
    status: search.status,
    type: search.type,
    s3: search.s3,
    startDate: search.from ? new Date(`${search.from}T00:00:00`).toISOString() : undefined,
    endDate: end?.toISOString(),
    sort: search.sort ?? "-createdAt",
    page: search.page ?? 1,
    limit: PAGE_SIZE,
  } as BackupFilter;
}

export function isFiltered(search: BackupsSearch): boolean {
  const { sort: _sort, page: _page, ...filters } = search;
  return Object.values(filters).some(Boolean);
}
