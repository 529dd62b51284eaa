import { useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { BackLink } from "@/components/layout/back-link";
import { PageHeader } from "@/components/layout/page-header";
import { toast } from "@/lib/toast";
import { channelQuery, eventsQuery, useUpdateChannel } from "../api";
import { ChannelForm } from "../forms/channel-form";
import { toInput } from "../forms/channel-values";

export function EditChannelPage({ id }: { id: string }) {
  const { data: channel } = useSuspenseQuery(channelQuery(id));
  const { data: events } = useSuspenseQuery(eventsQuery());
  const update = useUpdateChannel(id);
  const navigate = useNavigate();
  return (
    <>
      <PageHeader
        title={`Edit ${channel.name}`}
        back={<BackLink to="/notifications">Notifications</BackLink>}
      />
      <ChannelForm
        events={events}
        saved={channel}
        submitLabel="Save the changes"
        onSave={async (values) => {
          await update.mutateAsync(toInput(values, channel));
          toast.success(`${values.name} is saved`);
          await navigate({ to: "/notifications" });
        }}
      />
    </>
  );
}
