import { useQuery } from "@tanstack/react-query";
import type { DeliveryState, NotificationChannelView } from "@/client";
import { Pagination } from "@/components/data-table/pagination";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { ErrorState } from "@/components/layout/error-state";
import { Section } from "@/components/ui/section";
import { Segmented } from "@/components/ui/segmented";
import { cn } from "@/lib/cn";
import { DELIVERY_PAGE, deliveriesQuery } from "../api";
import type { NotificationsSearch } from "../search";
import { DeliveryItem } from "./delivery-item";

const FILTERS: { value: DeliveryState | "all"; label: string }[] = [
  { value: "all", label: "All" },
  { value: "waiting", label: "Waiting" },
  { value: "failed", label: "Given up" },
];

interface DeliveriesSectionProps {
  channels: NotificationChannelView[];
  search: NotificationsSearch;
  onSearch: (search: NotificationsSearch) => void;
}

/** What was sent of late, what waits, and what was given up. */
export function DeliveriesSection({ channels, search, onSearch }: DeliveriesSectionProps) {
  const page = search.page ?? 1;
  const deliveries = useQuery(deliveriesQuery(search.state, page));
  const names = new Map(channels.map((channel) => [channel.id, channel.name]));
  return (
    <Section
      title="Recent messages"
      flush
      aside={
        <Segmented
          label="Which messages"
          value={search.state ?? "all"}
          onChange={(value) => onSearch({ state: value === "all" ? undefined : value })}
          options={FILTERS}
        />
      }
    >
      {deliveries.isError ? (
        <div className="p-4">
          <ErrorState
            title="The messages could not be loaded"
            error={deliveries.error}
            onRetry={() => deliveries.refetch()}
          />
        </div>
      ) : deliveries.isPending ? (
        <TableSkeleton label="Loading messages" rows={3} />
      ) : deliveries.data.items.length === 0 ? (
        <p className="px-4 py-6 text-center text-ink-soft">
          {search.state
            ? "No message is in this state."
            : "No message was sent yet. Test messages are not listed."}
        </p>
      ) : (
        <>
          <ul
            aria-label="Recent messages"
            className={cn("divide-y divide-line", deliveries.isPlaceholderData && "opacity-60")}
          >
            {deliveries.data.items.map((delivery) => (
              <DeliveryItem
                key={delivery.id}
                delivery={delivery}
                channelName={names.get(delivery.channelId ?? "") ?? "Ping URL"}
              />
            ))}
          </ul>
          <Pagination
            page={page}
            limit={DELIVERY_PAGE}
            total={deliveries.data.total}
            onPage={(next) => onSearch({ ...search, page: next })}
          />
        </>
      )}
    </Section>
  );
}
