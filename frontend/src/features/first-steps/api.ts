import { useMutation, useQueryClient } from "@tanstack/react-query";
import { createBackup, createSchedule, type ScheduleInput } from "@/client";
import { ask } from "@/lib/api";
import { keys } from "@/lib/queries";

export type Plan = Pick<ScheduleInput, "type" | "cronExpression" | "retentionPolicyId">;

/** Gives each of the databases a schedule. What was made before one is refused stays. */
export function usePlanDatabases() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ databaseIds, plan }: { databaseIds: string[]; plan: Plan }) => {
      for (const databaseId of databaseIds) await ask(createSchedule({ body: { ...plan, databaseId } }));
    },
    onSettled: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: keys.schedules }),
        queries.invalidateQueries({ queryKey: keys.databases }),
      ]),
  });
}

export function useTestBackup() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (databaseId: string) =>
      ask(createBackup({ body: { databaseId, label: "First backup, made while setting up" } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: keys.backups }),
  });
}
