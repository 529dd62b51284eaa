import { createFileRoute } from "@tanstack/react-router";
import { FormPending } from "@/components/layout/form-pending";
import { eventsQuery } from "@/features/notifications/api";
import { NewChannelPage } from "@/features/notifications/components/new-channel-page";

export const Route = createFileRoute("/notifications/new")({
  loader: ({ context }) => context.queryClient.ensureQueryData(eventsQuery()),
  component: NewChannelPage,
  pendingComponent: FormPending,
});
