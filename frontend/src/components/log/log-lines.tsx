import { useVirtualizer } from "@tanstack/react-virtual";
import { type Ref, useEffect, useImperativeHandle, useRef } from "react";
import { LogRow } from "./log-row";
import { StageRow } from "./stage-row";
import { isStage, type LogItem } from "./stages";

export interface LogLinesHandle {
  scrollTo: (index: number) => void;
}

interface LogLinesProps {
  items: LogItem[];
  search: string;
  follow: boolean;
  onFollow: (follow: boolean) => void;
  onToggle?: (stage: number) => void;
  /** Bytes a second of the stage that goes on. */
  rate?: number | null;
  ref?: Ref<LogLinesHandle>;
}

const NEAR_END = 24;
const LINE_HEIGHT = 22;
const STAGE_HEIGHT = 34;
const ignore = () => undefined;

/** The rows of a log. Only those in view are in the page, however many there are. */
export function LogLines({ items, search, follow, onFollow, onToggle = ignore, rate, ref }: LogLinesProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (items[index] && isStage(items[index]) ? STAGE_HEIGHT : LINE_HEIGHT),
    getItemKey: (index) => keyOf(items[index], index),
    overscan: 20,
  });
  useImperativeHandle(ref, () => ({
    scrollTo: (index) => virtual.scrollToIndex(index, { align: "start" }),
  }));

  useEffect(() => {
    if (follow && items.length > 0) virtual.scrollToIndex(items.length - 1, { align: "end" });
  }, [follow, items.length, virtual]);

  // Only the user's own hand ends following: our scrolling fires the same events. What a key or a wheel begins goes on
  // for a while, as browsers scroll smoothly.
  const byHand = useRef(false);
  const look = () => {
    const element = scroller.current;
    if (!element) return;
    requestAnimationFrame(() => {
      const left = element.scrollHeight - element.scrollTop - element.clientHeight;
      onFollow(left < NEAR_END);
    });
  };
  const touched = () => {
    byHand.current = true;
    look();
  };

  return (
    <div
      ref={scroller}
      role="log"
      aria-label="Log lines"
      aria-live="off"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      onWheel={touched}
      onTouchMove={touched}
      onKeyUp={touched}
      onPointerUp={touched}
      onScroll={() => byHand.current && look()}
      onScrollEnd={() => {
        if (byHand.current) look();
        byHand.current = false;
      }}
      className="h-[min(32rem,62dvh)] overflow-auto bg-sunken font-mono text-sm focus-visible:outline-offset-[-2px]"
    >
      <div className="relative w-full" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((row) => {
          const item = items[row.index];
          return item ? (
            <div
              key={row.key}
              ref={virtual.measureElement}
              data-index={row.index}
              className="absolute inset-x-0 top-0"
              style={{ transform: `translateY(${row.start}px)` }}
            >
              {isStage(item) ? (
                <StageRow stage={item} rate={rate} onToggle={onToggle} />
              ) : (
                <LogRow line={item} search={search} />
              )}
            </div>
          ) : null;
        })}
      </div>
    </div>
  );
}

function keyOf(item: LogItem | undefined, index: number): string | number {
  if (!item) return index;
  return isStage(item) ? `stage-${item.key}` : item.seq;
}
