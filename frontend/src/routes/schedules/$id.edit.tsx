import { createFileRoute } from "@tanstack/react-router";
import { FormPending } from "@/components/layout/form-pending";
import { EditSchedulePage } from "@/features/schedules/components/edit-schedule-page";
import { scheduleQuery } from "@/lib/queries";

export const Route = createFileRoute("/schedules/$id/edit")({
  loader: ({ context, params }) => context.queryClient.ensureQueryData(scheduleQuery(params.id)),
  component: EditSchedule,
  pendingComponent: FormPending,
});

function EditSchedule() {
  const { id } = Route.useParams();
  return <EditSchedulePage key={id} id={id} />;
}
