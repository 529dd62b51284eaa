import { type RefObject, useLayoutEffect, useState } from "react";

/**
 * The widths of a table's columns, in pixels, once they were laid out. Where rows come and go while one scrolls,
 * columns would otherwise grow and shrink with them. Measured anew when the columns or the room change.
 */
export function useFrozenWidths(head: RefObject<HTMLTableRowElement | null>, columns: string, on: boolean) {
  const [frozen, setFrozen] = useState<{ columns: string; widths: number[] } | null>(null);
  const current = on && frozen?.columns === columns ? frozen.widths : null;

  useLayoutEffect(() => {
    const row = head.current;
    if (!on || !row || current) return;
    setFrozen({ columns, widths: [...row.cells].map((cell) => cell.getBoundingClientRect().width) });
  }, [head, columns, on, current]);

  useLayoutEffect(() => {
    const forget = () => setFrozen(null);
    window.addEventListener("resize", forget);
    return () => window.removeEventListener("resize", forget);
  }, []);

  return current;
}
