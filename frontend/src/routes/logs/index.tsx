import { createFileRoute } from "@tanstack/react-router";
import { SystemLogsPage } from "@/features/system-logs/components/system-logs-page";
import { parseLogSearch } from "@/features/system-logs/search";

export const Route = createFileRoute("/logs/")({ validateSearch: parseLogSearch, component: Logs });

function Logs() {
  const search = Route.useSearch();
  const navigate = Route.useNavigate();
  return (
    <SystemLogsPage search={search} onSearch={(next) => void navigate({ search: next, replace: true })} />
  );
}
