import { CircleAlert, CircleCheck } from "lucide-react";
import type { NotificationChannelView } from "@/client";
import { Time } from "@/components/ui/time";

/** How the last delivery of a channel went. */
export function LastDelivery({ channel }: { channel: NotificationChannelView }) {
  if (channel.lastError) {
    return (
      <p className="mt-1.5 flex gap-1.5 text-sm text-bad">
        <CircleAlert className="mt-0.5 size-4 shrink-0" aria-hidden />
        <span className="min-w-0 break-words">
          The last message could not be delivered (<Time value={channel.failedAt} />
          ): {channel.lastError}
        </span>
      </p>
    );
  }
  if (!channel.deliveredAt) {
    return <p className="mt-1.5 text-sm text-ink-faint">No message was sent yet.</p>;
  }
  return (
    <p className="mt-1.5 flex gap-1.5 text-sm text-ink-soft">
      <CircleCheck className="mt-0.5 size-4 shrink-0 text-ok" aria-hidden />
      <span>
        Last message delivered <Time value={channel.deliveredAt} />
      </span>
    </p>
  );
}
