import { CircleCheck, CircleX, ShieldX } from "lucide-react";
import type { AuditEventView } from "@/client";
import { Badge } from "@/components/ui/badge";
import { OUTCOMES } from "../search";
import { actionWords, targetWords } from "../words";

const LOOKS = {
  success: { tone: "ok", icon: CircleCheck },
  refused: { tone: "warn", icon: ShieldX },
  failed: { tone: "bad", icon: CircleX },
} as const;

export function AuditOutcome({ event }: { event: AuditEventView }) {
  const look = LOOKS[event.outcome];
  return (
    <Badge tone={look.tone} icon={look.icon}>
      {OUTCOMES.find(({ value }) => value === event.outcome)?.label}
    </Badge>
  );
}

/** What was done, and to what. */
export function AuditAction({ event }: { event: AuditEventView }) {
  const target = targetWords(event.target);
  return (
    <p className="min-w-0">
      <strong className="font-semibold">{actionWords(event.action)}</strong>
      {target ? <span className="ml-2 font-mono text-sm break-all text-ink-faint">{target}</span> : null}
    </p>
  );
}

interface AuditActorProps {
  event: AuditEventView;
  onActor: (id: string) => void;
}

/** Who did it; a press shows only what they did. */
export function AuditActor({ event, onActor }: AuditActorProps) {
  return (
    <button
      type="button"
      title="Only events of this one"
      onClick={() => onActor(event.actorId)}
      className="rounded-sm text-left font-semibold underline-offset-3 hover:underline"
    >
      {event.actorName ?? "somebody who was deleted"}
    </button>
  );
}
