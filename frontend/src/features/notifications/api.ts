import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import {
  createNotificationChannel,
  type DeliveryState,
  deleteNotificationChannel,
  getNotificationChannel,
  listNotificationChannels,
  listNotificationDeliveries,
  listNotificationEvents,
  type NotificationChannelInput,
  type NotificationChannelUpdate,
  type NotificationTestInput,
  retryNotificationDelivery,
  testNotificationChannel,
  testUnsavedNotificationChannel,
  updateNotificationChannel,
} from "@/client";
import { ask, askPage } from "@/lib/api";
import { keys } from "@/lib/queries";

export const DELIVERY_PAGE = 20;

export const channelsQuery = () =>
  queryOptions({
    queryKey: [...keys.notificationChannels, "list"],
    queryFn: () => ask(listNotificationChannels()),
  });

export const channelQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.notificationChannels, "one", id],
    queryFn: () => ask(getNotificationChannel({ path: { channel_id: id } })),
  });

export const eventsQuery = () =>
  queryOptions({
    queryKey: ["notification-events"],
    queryFn: () => ask(listNotificationEvents()),
    staleTime: Infinity,
  });

export const deliveriesQuery = (state: DeliveryState | undefined, page: number) =>
  queryOptions({
    queryKey: [...keys.notificationDeliveries, "list", state, page],
    queryFn: () => askPage(listNotificationDeliveries({ query: { state, page, limit: DELIVERY_PAGE } })),
    placeholderData: keepPreviousData,
  });

export function useCreateChannel() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (body: NotificationChannelInput) => ask(createNotificationChannel({ body })),
    onSuccess: refresh,
  });
}

export function useUpdateChannel(id: string) {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (body: NotificationChannelUpdate) =>
      ask(updateNotificationChannel({ path: { channel_id: id }, body })),
    onSuccess: refresh,
  });
}

export function useDeleteChannel(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => ask(deleteNotificationChannel({ path: { channel_id: id } })),
    onSuccess: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: [...keys.notificationChannels, "list"] }),
        queries.invalidateQueries({ queryKey: keys.notificationDeliveries }),
      ]),
  });
}

/** Sends a test message. A message that did not arrive is an answer, not an error. */
export function useTestChannel(id: string) {
  return useMutation({ mutationFn: () => ask(testNotificationChannel({ path: { channel_id: id } })) });
}

export function useTestChannelForm() {
  return useMutation({
    mutationFn: (body: NotificationTestInput) => ask(testUnsavedNotificationChannel({ body })),
  });
}

export function useRetryDelivery() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => ask(retryNotificationDelivery({ path: { delivery_id: id } })),
    onSettled: () => queries.invalidateQueries({ queryKey: keys.notificationDeliveries }),
  });
}

function useRefresh() {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: keys.notificationChannels });
}
