import { CircleCheck, CircleX, ShieldX } from "lucide-react";
import type { AuditEventView } from "@/client";
import { Badge } from "@/components/ui/badge";
import { formatDateTime } from "@/lib/format";
import { OUTCOMES } from "../search";
import { actionWords, targetWords } from "../words";
import { AuditDetails } from "./audit-details";

const LOOKS = {
  success: { tone: "ok", icon: CircleCheck },
  refused: { tone: "warn", icon: ShieldX },
  failed: { tone: "bad", icon: CircleX },
} as const;

interface AuditRowProps {
  event: AuditEventView;
  onActor: (id: string) => void;
}

export function AuditRow({ event, onActor }: AuditRowProps) {
  const look = LOOKS[event.outcome];
  const target = targetWords(event.target);
  return (
    <li aria-label={`Event ${event.seq}`} className="px-4 py-2.5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <p className="min-w-0 flex-1 basis-60">
          <strong className="font-semibold">{actionWords(event.action)}</strong>
          {target ? <span className="ml-2 font-mono text-sm break-all text-ink-faint">{target}</span> : null}
        </p>
        <Badge tone={look.tone} icon={look.icon}>
          {OUTCOMES.find(({ value }) => value === event.outcome)?.label}
        </Badge>
      </div>
      <p className="mt-0.5 text-sm text-ink-soft">
        <time dateTime={event.at}>{formatDateTime(event.at)}</time> ·{" "}
        <button
          type="button"
          title="Only events of this one"
          onClick={() => onActor(event.actorId)}
          className="rounded-sm font-semibold underline-offset-3 hover:underline"
        >
          {event.actorName ?? "somebody who was deleted"}
        </button>
        {event.address ? ` · ${event.address}` : ""}
      </p>
      <AuditDetails event={event} />
    </li>
  );
}
