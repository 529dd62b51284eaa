import type { ScheduleView } from "@/client";
import { type Sort, sortRows } from "@/components/data-table/sort";
import { oneOf, sortOf, text } from "@/lib/search-values";

const STATES = ["on", "off", "failed"] as const;
const SORTS = ["nextRunAt", "name"] as const;

/** The list's filters and its order, as they stand in the address. */
export interface SchedulesSearch {
  databaseId?: string;
  /** Switched on, off, or with a last run that failed. */
  state?: (typeof STATES)[number];
  sort?: Sort;
}

/** Takes what it knows and drops the rest: an old link still opens the list. */
export function parseSchedulesSearch(raw: Record<string, unknown>): SchedulesSearch {
  return {
    databaseId: text(raw.databaseId),
    state: oneOf(raw.state, STATES),
    sort: sortOf(raw.sort, SORTS),
  };
}

/** The list comes whole, by database: what is left of it, in the order that is asked for. */
export function arrange(schedules: ScheduleView[], { databaseId, state, sort }: SchedulesSearch) {
  const left = schedules.filter(
    (one) => (!databaseId || one.databaseId === databaseId) && (!state || isIn(one, state)),
  );
  return sortRows(left, sort, {
    nextRunAt: (one) =>
      one.enabled && one.databaseEnabled && one.nextRunAt ? Date.parse(one.nextRunAt) : null,
    name: (one) => one.name || one.reading,
  });
}

function isIn(schedule: ScheduleView, state: NonNullable<SchedulesSearch["state"]>): boolean {
  if (state === "failed") return schedule.lastRun?.status === "failed";
  return schedule.enabled === (state === "on");
}
