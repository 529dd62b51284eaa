import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import type { LogLine } from "@/client";
import { LogRow } from "./log-row";

interface LogLinesProps {
  lines: LogLine[];
  search: string;
  follow: boolean;
  onFollow: (follow: boolean) => void;
}

const NEAR_END = 24;

export function LogLines({ lines, search, follow, onFollow }: LogLinesProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 22,
    getItemKey: (index) => lines[index]?.seq ?? index,
    overscan: 20,
  });

  useEffect(() => {
    if (follow && lines.length > 0) virtual.scrollToIndex(lines.length - 1, { align: "end" });
  }, [follow, lines.length, virtual]);

  // Only the user's own hand ends following: our scrolling fires the same event.
  const stopWhenScrolledUp = () => {
    const element = scroller.current;
    if (!element) return;
    requestAnimationFrame(() => {
      const left = element.scrollHeight - element.scrollTop - element.clientHeight;
      onFollow(left < NEAR_END);
    });
  };

  return (
    <div
      ref={scroller}
      role="log"
      aria-label="Log lines"
      aria-live="off"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      onWheel={stopWhenScrolledUp}
      onTouchMove={stopWhenScrolledUp}
      onKeyUp={stopWhenScrolledUp}
      onPointerUp={stopWhenScrolledUp}
      className="h-[min(28rem,60dvh)] overflow-auto bg-sunken py-1 font-mono text-sm focus-visible:outline-offset-[-2px]"
    >
      <div className="relative w-full" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const line = lines[item.index];
          return line ? (
            <div
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              className="absolute inset-x-0 top-0"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <LogRow line={line} search={search} />
            </div>
          ) : null;
        })}
      </div>
    </div>
  );
}
