import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Pencil, Send, Trash2 } from "lucide-react";
import { useState } from "react";
import type { NotificationChannelView } from "@/client";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { buttonClass } from "@/components/ui/button-class";
import { eventsQuery, useTestChannel } from "../api";
import { KINDS } from "../kinds";
import { DeleteChannel } from "./delete-channel";
import { LastDelivery } from "./last-delivery";
import { TestOutcome } from "./test-outcome";

export function ChannelCard({ channel }: { channel: NotificationChannelView }) {
  const [deleting, setDeleting] = useState(false);
  const test = useTestChannel(channel.id);
  const events = useQuery(eventsQuery());
  const kind = KINDS[channel.settings.kind];
  const labels = events.data?.filter(({ type }) => channel.events.includes(type)).map(({ label }) => label);
  return (
    <article aria-label={channel.name} className="panel">
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3 px-4 py-3.5">
        <div className="min-w-0 flex-1 basis-72">
          <h2 className="flex flex-wrap items-center gap-2 font-bold">
            <kind.icon className="size-4.5 shrink-0 text-ink-faint" aria-hidden />
            {channel.name}
            {channel.enabled ? null : <Badge>Disabled</Badge>}
          </h2>
          <p className="mt-0.5 text-sm break-words text-ink-faint">
            {kind.label}: <span className="font-mono">{channel.target}</span>
          </p>
          <p className="mt-1.5 text-sm text-ink-soft">
            {labels?.length ? labels.join(", ") : labels ? "No event is chosen: nothing is told here." : "…"}
            {channel.databaseIds
              ? ` · ${channel.databaseIds.length} ${channel.databaseIds.length === 1 ? "database" : "databases"}`
              : ""}
            {channel.failureThreshold > 1 ? ` · after ${channel.failureThreshold} failures in a row` : ""}
          </p>
          <LastDelivery channel={channel} />
        </div>
        <div className="flex flex-wrap gap-2">
          <Button size="sm" busy={test.isPending} onClick={() => test.mutate()}>
            {test.isPending ? null : <Send aria-hidden />}
            Send a test
          </Button>
          <Link
            to="/notifications/$id/edit"
            params={{ id: channel.id }}
            className={buttonClass({ size: "sm" })}
          >
            <Pencil aria-hidden />
            Edit
          </Link>
          <Button
            variant="ghost"
            size="icon"
            aria-label={`Delete ${channel.name}`}
            onClick={() => setDeleting(true)}
          >
            <Trash2 aria-hidden />
          </Button>
        </div>
      </div>
      {test.data || test.isError ? (
        <div className="border-t p-4">
          <TestOutcome result={test.data} error={test.error} />
        </div>
      ) : null}
      <DeleteChannel channel={channel} open={deleting} onOpenChange={setDeleting} />
    </article>
  );
}
