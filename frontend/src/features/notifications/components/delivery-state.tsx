import { CircleAlert, CircleCheck, Clock, LoaderCircle, type LucideIcon } from "lucide-react";
import type { DeliveryState } from "@/client";
import { Badge, type Tone } from "@/components/ui/badge";

const LOOKS: Record<DeliveryState, { label: string; tone: Tone; icon: LucideIcon }> = {
  waiting: { label: "Waiting", tone: "warn", icon: Clock },
  sending: { label: "Sending", tone: "accent", icon: LoaderCircle },
  delivered: { label: "Delivered", tone: "ok", icon: CircleCheck },
  failed: { label: "Given up", tone: "bad", icon: CircleAlert },
};

export function DeliveryStateBadge({ state }: { state: DeliveryState }) {
  const look = LOOKS[state];
  return (
    <Badge tone={look.tone} icon={look.icon} spin={state === "sending"}>
      {look.label}
    </Badge>
  );
}
