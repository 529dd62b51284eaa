import { RotateCw } from "lucide-react";
import type { NotificationDeliveryView } from "@/client";
import { Button } from "@/components/ui/button";
import { Time } from "@/components/ui/time";
import { describeError } from "@/lib/api-error";
import { toast } from "@/lib/toast";
import { useRetryDelivery } from "../api";
import { DeliveryStateBadge } from "./delivery-state";

interface DeliveryItemProps {
  delivery: NotificationDeliveryView;
  channelName: string;
}

/** One message on its way to one channel. */
export function DeliveryItem({ delivery, channelName }: DeliveryItemProps) {
  const retry = useRetryDelivery();
  const stuck = delivery.state === "failed" || (delivery.state === "waiting" && delivery.attempts > 0);
  return (
    <li className="flex flex-wrap items-start gap-x-6 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-72">
        <p className="font-semibold break-words">{delivery.title}</p>
        <p className="text-sm text-ink-faint">
          {channelName} · <Time value={delivery.createdAt} />
          {delivery.attempts > 1 ? ` · ${delivery.attempts} attempts` : ""}
          {delivery.nextAttemptAt && delivery.attempts > 0 ? (
            <>
              {" "}
              · next attempt <Time value={delivery.nextAttemptAt} />
            </>
          ) : null}
        </p>
        {stuck && delivery.result ? (
          <p className="mt-0.5 text-sm break-words text-ink-soft">{delivery.result}</p>
        ) : null}
      </div>
      <div className="flex items-center gap-2">
        <DeliveryStateBadge state={delivery.state} />
        {stuck ? (
          <Button
            size="sm"
            busy={retry.isPending}
            aria-label={`Try again now: ${delivery.title}`}
            onClick={() =>
              retry.mutate(delivery.id, {
                onError: (error) => toast.error("Not tried again", { description: describeError(error) }),
              })
            }
          >
            {retry.isPending ? null : <RotateCw aria-hidden />}
            Try again now
          </Button>
        ) : null}
      </div>
    </li>
  );
}
