import { createFileRoute } from "@tanstack/react-router";
import { SchedulesPage } from "@/features/schedules/components/schedules-page";

export const Route = createFileRoute("/schedules/")({
  validateSearch: (search: Record<string, unknown>): { databaseId?: string } => ({
    databaseId: typeof search.databaseId === "string" && search.databaseId ? search.databaseId : undefined,
  }),
  component: Schedules,
});

function Schedules() {
  const { databaseId } = Route.useSearch();
  return <SchedulesPage databaseId={databaseId} />;
}
