import { Ban, CircleCheck, CircleX, Clock, LoaderCircle, type LucideIcon } from "lucide-react";
import { Badge, type Tone } from "@/components/ui/badge";

const LOOKS: Record<string, { label: string; tone: Tone; icon: LucideIcon }> = {
  queued: { label: "Queued", tone: "neutral", icon: Clock },
  running: { label: "Running", tone: "accent", icon: LoaderCircle },
  completed: { label: "Completed", tone: "ok", icon: CircleCheck },
  failed: { label: "Failed", tone: "bad", icon: CircleX },
  cancelled: { label: "Cancelled", tone: "neutral", icon: Ban },
};

interface StatusBadgeProps {
  status: string;
  queuePosition?: number | null;
}

export function StatusBadge({ status, queuePosition }: StatusBadgeProps) {
  const look = LOOKS[status] ?? { label: status, tone: "neutral" as const, icon: Clock };
  return (
    <Badge tone={look.tone} icon={look.icon} spin={status === "running"}>
      {look.label}
      {status === "queued" && queuePosition ? `, ${ordinal(queuePosition)} in line` : null}
    </Badge>
  );
}

function ordinal(position: number): string {
  const suffix =
    ["th", "st", "nd", "rd"][position % 100 > 10 && position % 100 < 14 ? 0 : position % 10] ?? "th";
  return `${position}${suffix}`;
}
