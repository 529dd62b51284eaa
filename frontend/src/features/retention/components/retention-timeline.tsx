import { type KeyboardEvent, useId, useState } from "react";
import type { RetentionReason } from "@/client";
import { cn } from "@/lib/cn";
import { formatDateTime } from "@/lib/format";
import { makeScale } from "./timeline-scale";

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

/** Backups from the oldest to now, kept ones above the line and deleted ones below; arrow keys go from one to the next. */
export function RetentionTimeline({ marks, now, label }: RetentionTimelineProps) {
  const id = useId();
  const [chosen, setChosen] = useState<string | null>(null);
  const drawn = marks.slice(0, MOST);
  const index = Math.max(
    0,
    drawn.findIndex((mark) => mark.id === chosen),
  );
  const active = drawn[index];
  const scale = makeScale(
    now,
    drawn.map((mark) => mark.at),
  );
  if (!active) return null;

  const move = (event: KeyboardEvent) => {
    const step: Record<string, number> = {
      ArrowLeft: index + 1,
      ArrowRight: index - 1,
      Home: drawn.length - 1,
      End: 0,
    };
    const next = drawn[Math.min(drawn.length - 1, Math.max(0, step[event.key] ?? -1))];
    if (step[event.key] === undefined || !next) return;
    event.preventDefault();
    setChosen(next.id);
  };

  return (
    <div>
      <div
        role="listbox"
        tabIndex={0}
        aria-label={label}
        aria-activedescendant={`${id}-${active.id}`}
        onKeyDown={move}
        className="relative h-32 rounded-md border bg-sunken px-3"
      >
        <div className="relative h-full">
          <span aria-hidden className="absolute inset-x-0 top-14 h-px bg-line-strong" />
          {scale.ticks.map((tick) => (
            <span
              key={tick.label}
              aria-hidden
              style={{ left: `${tick.place * 100}%` }}
              className="caption absolute bottom-1 -translate-x-1/2 whitespace-nowrap first-of-type:-translate-x-full"
            >
              {tick.label}
            </span>
          ))}
          {drawn.map((mark) => (
            // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus and names its active option
            <div
              key={mark.id}
              id={`${id}-${mark.id}`}
              role="option"
              aria-selected={mark.id === active.id}
              aria-label={`${mark.keep ? "Kept" : "Deleted"}: ${formatDateTime(mark.at)}. ${mark.reasons.map((reason) => reason.text).join(" ")}`}
              onMouseEnter={() => setChosen(mark.id)}
              style={{ left: `${scale.place(mark.at) * 100}%` }}
              className={cn(
                "absolute w-3 -translate-x-1/2 cursor-default before:absolute before:inset-y-0 before:left-1/2 before:-translate-x-1/2 before:rounded-sm",
                mark.keep
                  ? "top-3 h-11 before:w-1 before:bg-accent"
                  : "top-14.5 h-7 before:w-0.5 before:bg-bad",
                mark.id === active.id && "z-10 before:outline-2 before:outline-offset-1 before:outline-ink",
              )}
            />
          ))}
        </div>
      </div>
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
