import { Link } from "@tanstack/react-router";
import type { RestoreView } from "@/client";
import { StatusBadge } from "@/components/run/status-badge";
import { Time } from "@/components/ui/time";
import { UndoNote } from "./undo-note";

/** A restore on the phone. */
export function RestoreCard({ restore }: { restore: RestoreView }) {
  return (
    <Link
      to="/restores/$id"
      params={{ id: restore.id }}
      className="flex items-start justify-between gap-3 rounded-sm"
    >
      <span className="min-w-0">
        <span className="block truncate font-semibold">{restore.targetDatabase}</span>
        <span className="text-sm text-ink-soft">
          of {restore.sourceName} · <Time value={restore.createdAt} />
        </span>
        <UndoNote restore={restore} />
      </span>
      <StatusBadge status={restore.status} queuePosition={restore.queuePosition} />
    </Link>
  );
}
