import { useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { BackLink } from "@/components/layout/back-link";
import { PageHeader } from "@/components/layout/page-header";
import { toast } from "@/lib/toast";
import { eventsQuery, useCreateChannel } from "../api";
import { ChannelForm } from "../forms/channel-form";
import { toInput } from "../forms/channel-values";

export function NewChannelPage() {
  const { data: events } = useSuspenseQuery(eventsQuery());
  const create = useCreateChannel();
  const navigate = useNavigate();
  return (
    <>
      <PageHeader title="Add a channel" back={<BackLink to="/notifications">Notifications</BackLink>} />
      <ChannelForm
        events={events}
        submitLabel="Add the channel"
        onSave={async (values) => {
          const channel = await create.mutateAsync(toInput(values));
          toast.success(`${channel.name} is added`);
          await navigate({ to: "/notifications" });
        }}
      />
    </>
  );
}
