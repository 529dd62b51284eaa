import type { ScheduleView } from "@/client";

/** How many runs were missed since the schedule last ran; 0 when it has run since. */
export function missedRuns(schedule: ScheduleView): number {
  const { missedSlot, missedCount, lastRun } = schedule;
  if (!missedSlot) return 0;
  const since = Date.parse(lastRun?.slot ?? lastRun?.createdAt ?? "") || 0;
  return Date.parse(missedSlot) > since ? missedCount : 0;
}
