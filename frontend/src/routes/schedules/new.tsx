import { createFileRoute } from "@tanstack/react-router";
import { NewSchedulePage } from "@/features/schedules/components/new-schedule-page";

export const Route = createFileRoute("/schedules/new")({
  validateSearch: (search: Record<string, unknown>): { databaseId?: string } => ({
    databaseId: typeof search.databaseId === "string" && search.databaseId ? search.databaseId : undefined,
  }),
  component: NewSchedule,
});

function NewSchedule() {
  const { databaseId } = Route.useSearch();
  return <NewSchedulePage key={databaseId} databaseId={databaseId} />;
}
