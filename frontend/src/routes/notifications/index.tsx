import { createFileRoute } from "@tanstack/react-router";
import { NotificationsPage } from "@/features/notifications/components/notifications-page";
import { parseNotificationsSearch } from "@/features/notifications/search";

export const Route = createFileRoute("/notifications/")({
  validateSearch: parseNotificationsSearch,
  component: Notifications,
});

function Notifications() {
  const search = Route.useSearch();
  const navigate = Route.useNavigate();
  return <NotificationsPage search={search} onSearch={(next) => void navigate({ search: next })} />;
}
