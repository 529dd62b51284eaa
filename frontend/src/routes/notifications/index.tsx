import { createFileRoute } from "@tanstack/react-router";
import { channelsQuery, deliveriesQuery, eventsQuery } from "@/features/notifications/api";
import { NotificationsPage } from "@/features/notifications/components/notifications-page";
import { parseNotificationsSearch } from "@/features/notifications/search";
import { ready } from "@/lib/ready";

export const Route = createFileRoute("/notifications/")({
  validateSearch: parseNotificationsSearch,
  loader: ({ context }) =>
    ready(context.queryClient, channelsQuery(), eventsQuery(), deliveriesQuery(undefined, 1)),
  component: Notifications,
});

function Notifications() {
  const search = Route.useSearch();
  const navigate = Route.useNavigate();
  return <NotificationsPage search={search} onSearch={(next) => void navigate({ search: next })} />;
}
