import type { DeliveryState } from "@/client";

/** The filter of the deliveries, as it stands in the address. */
export interface NotificationsSearch {
  state?: DeliveryState;
  page?: number;
}

const STATES: DeliveryState[] = ["waiting", "sending", "delivered", "failed"];

/** Takes what it knows and drops the rest: an old link still opens the list. */
export function parseNotificationsSearch(raw: Record<string, unknown>): NotificationsSearch {
  const page = Number(raw.page);
  return {
    state: STATES.find((state) => state === raw.state),
    page: Number.isInteger(page) && page > 1 ? page : undefined,
  };
}
