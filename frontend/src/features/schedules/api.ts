import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import {
  createSchedule,
  deleteSchedule,
  disableSchedule,
  enableSchedule,
  previewSchedule,
  runSchedule,
  type ScheduleInput,
  type SchedulePreviewInput,
  type ScheduleUpdate,
  type ScheduleView,
  updateSchedule,
} from "@/client";
import { ask } from "@/lib/api";
import { describeError } from "@/lib/api-error";
import { showEarly } from "@/lib/optimistic";
import { keys } from "@/lib/queries";
import { toast } from "@/lib/toast";

export const previewQuery = (body: SchedulePreviewInput) =>
  queryOptions({
    queryKey: [...keys.schedules, "preview", body],
    queryFn: () => ask(previewSchedule({ body })),
    placeholderData: keepPreviousData,
    retry: false,
  });

export function useCreateSchedule() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (body: ScheduleInput) => ask(createSchedule({ body })),
    onSuccess: refresh,
  });
}

export function useUpdateSchedule(id: string) {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (body: ScheduleUpdate) => ask(updateSchedule({ path: { schedule_id: id }, body })),
    onSuccess: refresh,
  });
}

export function useDeleteSchedule(id: string) {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: () => ask(deleteSchedule({ path: { schedule_id: id } })),
    onSuccess: refresh,
  });
}

/** Shows the new state at once and takes it back when the server refuses. */
export function useToggleSchedule(id: string) {
  const queries = useQueryClient();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (enabled: boolean) =>
      ask((enabled ? enableSchedule : disableSchedule)({ path: { schedule_id: id } })),
    onMutate: (enabled) => showEarly<ScheduleView>(queries, keys.schedules, id, { enabled }),
    onError: (error, enabled, undo) => {
      undo?.();
      toast.error(`The schedule could not be switched ${enabled ? "on" : "off"}`, {
        description: describeError(error),
      });
    },
    onSettled: refresh,
  });
}

export function useRunSchedule(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => ask(runSchedule({ path: { schedule_id: id } })),
    onSuccess: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: keys.backups }),
        queries.invalidateQueries({ queryKey: keys.schedules }),
      ]),
  });
}

function useRefresh() {
  const queries = useQueryClient();
  return () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: keys.schedules }),
      queries.invalidateQueries({ queryKey: keys.databases }),
    ]);
}
