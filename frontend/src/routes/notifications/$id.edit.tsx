import { createFileRoute } from "@tanstack/react-router";
import { FormPending } from "@/components/layout/form-pending";
import { channelQuery, eventsQuery } from "@/features/notifications/api";
import { EditChannelPage } from "@/features/notifications/components/edit-channel-page";

export const Route = createFileRoute("/notifications/$id/edit")({
  loader: ({ context, params }) =>
    Promise.all([
      context.queryClient.ensureQueryData(channelQuery(params.id)),
      context.queryClient.ensureQueryData(eventsQuery()),
    ]),
  component: EditChannel,
  pendingComponent: FormPending,
});

function EditChannel() {
  const { id } = Route.useParams();
  return <EditChannelPage key={id} id={id} />;
}
