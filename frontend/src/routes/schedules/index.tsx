import { createFileRoute } from "@tanstack/react-router";
import { SchedulesPage } from "@/features/schedules/components/schedules-page";
import { parseSchedulesSearch } from "@/features/schedules/search";
import { databasesQuery, schedulesQuery } from "@/lib/queries";
import { ready } from "@/lib/ready";

export const Route = createFileRoute("/schedules/")({
  validateSearch: parseSchedulesSearch,
  loader: ({ context }) => ready(context.queryClient, schedulesQuery(), databasesQuery()),
  component: Schedules,
});

function Schedules() {
  const search = Route.useSearch();
  const navigate = Route.useNavigate();
  return <SchedulesPage search={search} onSearch={(next) => void navigate({ search: next })} />;
}
