import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
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
import { ask, type Page } from "@/lib/api";
import { describeError } from "@/lib/api-error";
import { keys } from "@/lib/queries";

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
  const lists = { queryKey: [...keys.schedules, "list"] };
  return useMutation({
    mutationFn: (enabled: boolean) =>
      ask((enabled ? enableSchedule : disableSchedule)({ path: { schedule_id: id } })),
    onMutate: async (enabled) => {
      await queries.cancelQueries(lists);
      const before = queries.getQueriesData<Page<ScheduleView>>(lists);
      queries.setQueriesData<Page<ScheduleView>>(lists, (list) =>
        list
          ? { ...list, items: list.items.map((item) => (item.id === id ? { ...item, enabled } : item)) }
          : list,
      );
      return { before };
    },
    onError: (error, enabled, context) => {
      for (const [key, list] of context?.before ?? []) queries.setQueryData(key, list);
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
