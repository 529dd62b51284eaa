import { useState } from "react";
import type { RetentionReason } from "@/client";
import { Timeline } from "@/components/charts/timeline";
import { formatDateTime } from "@/lib/format";

/** More would be a solid bar; the list below has all. */
const MOST = 600;

export interface Mark {
  id: string;
  at: string;
  keep: boolean;
  reasons: RetentionReason[];
}

interface RetentionTimelineProps {
  /** Newest first. */
  marks: Mark[];
  now: string;
  label: string;
}

/** Backups from the oldest to now, kept ones above the line and deleted ones below, each with its reasons. */
export function RetentionTimeline({ marks, now, label }: RetentionTimelineProps) {
  const [chosen, setChosen] = useState("");
  const drawn = marks.slice(0, MOST);
  const active = drawn.find((mark) => mark.id === chosen) ?? drawn[0];
  if (!active) return null;
  return (
    <div>
      <Timeline
        marks={drawn.map((mark) => ({
          id: mark.id,
          at: mark.at,
          label: `${mark.keep ? "Kept" : "Deleted"}: ${formatDateTime(mark.at)}. ${mark.reasons.map((reason) => reason.text).join(" ")}`,
          look: mark.keep
            ? "top-3 h-11 before:w-1 before:bg-accent"
            : "top-14.5 h-7 before:w-0.5 before:bg-bad",
        }))}
        now={now}
        label={label}
        active={active.id}
        onActive={setChosen}
      />
      <p className="caption mt-1.5 flex flex-wrap gap-x-4">
        <span>Bars above the line: kept</span>
        <span>Thin ones below it: deleted</span>
        {marks.length > MOST ? <span>The newest {MOST} are drawn</span> : null}
      </p>
      <div className="mt-2 min-h-16 text-sm">
        <p className="font-semibold">
          {formatDateTime(active.at)}: {active.keep ? "kept" : "deleted"}
        </p>
        <ul className="text-ink-soft">
          {active.reasons.map((reason) => (
            <li key={reason.text}>{reason.text}</li>
          ))}
        </ul>
      </div>
    </div>
  );
}
