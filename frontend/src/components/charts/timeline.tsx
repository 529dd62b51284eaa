import { type KeyboardEvent, useId } from "react";
import { cn } from "@/lib/cn";
import { makeScale } from "./time-scale";

export interface TimelineMark {
  id: string;
  at: string;
  /** Says all that the mark stands for: its accessible name. */
  label: string;
  /** Where the bar stands and what it looks like: sets `top`, `height`, and the `before:` of the bar itself. */
  look: string;
}

interface TimelineProps {
  /** Newest first. */
  marks: TimelineMark[];
  now: string;
  label: string;
  /** The mark that is looked at; the newest where it is none of them. */
  active: string;
  onActive: (id: string) => void;
}

/** Marks from the oldest to now; the pointer or the arrow keys go from one to the next. */
export function Timeline({ marks, now, label, active, onActive }: TimelineProps) {
  const id = useId();
  const index = Math.max(
    0,
    marks.findIndex((mark) => mark.id === active),
  );
  const scale = makeScale(
    now,
    marks.map((mark) => mark.at),
  );

  const move = (event: KeyboardEvent) => {
    const step: Record<string, number> = {
      ArrowLeft: index + 1,
      ArrowRight: index - 1,
      Home: marks.length - 1,
      End: 0,
    };
    const next = marks[Math.min(marks.length - 1, Math.max(0, step[event.key] ?? -1))];
    if (step[event.key] === undefined || !next) return;
    event.preventDefault();
    onActive(next.id);
  };

  return (
    <div
      role="listbox"
      tabIndex={0}
      aria-label={label}
      aria-activedescendant={`${id}-${marks[index]?.id}`}
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
        {marks.map((mark, place) => (
          // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus and names its active option
          <div
            key={mark.id}
            id={`${id}-${mark.id}`}
            role="option"
            aria-selected={place === index}
            aria-label={mark.label}
            onMouseEnter={() => onActive(mark.id)}
            style={{ left: `${scale.place(mark.at) * 100}%` }}
            className={cn(
              "absolute w-3 -translate-x-1/2 cursor-default before:absolute before:inset-y-0 before:left-1/2 before:-translate-x-1/2 before:rounded-sm",
              mark.look,
              place === index && "z-10 before:outline-2 before:outline-offset-1 before:outline-ink",
            )}
          />
        ))}
      </div>
    </div>
  );
}
