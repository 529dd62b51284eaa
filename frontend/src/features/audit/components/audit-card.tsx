import type { AuditEventView } from "@/client";
import { Time } from "@/components/ui/time";
import { AuditDetails } from "./audit-details";
import { AuditAction, AuditActor, AuditOutcome } from "./audit-parts";

interface AuditCardProps {
  event: AuditEventView;
  onActor: (id: string) => void;
}

/** An event on the phone. */
export function AuditCard({ event, onActor }: AuditCardProps) {
  return (
    <>
      <div className="flex flex-wrap items-start justify-between gap-x-3 gap-y-1">
        <AuditAction event={event} />
        <AuditOutcome event={event} />
      </div>
      <p className="mt-0.5 text-sm text-ink-soft">
        <Time value={event.at} /> · <AuditActor event={event} onActor={onActor} />
        {event.address ? ` · ${event.address}` : ""}
      </p>
      <AuditDetails event={event} />
    </>
  );
}
