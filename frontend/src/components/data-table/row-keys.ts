import type { KeyboardEvent } from "react";

const STEPS: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };

/**
 * Arrow keys go from row to row, Home and End to the first and the last one in the page: from whatever leads
 * on in a row (a link, a details switch) to the same in the next. Keys that an element wants itself stay its own.
 */
export function moveBetweenRows(event: KeyboardEvent<HTMLElement>) {
  const from = event.target as HTMLElement;
  const row = from.closest("tr");
  if (!row || !from.matches("a, summary") || event.altKey || event.ctrlKey || event.metaKey) return;
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>("tr[data-row]")];
  const next = target(event.key, rows, row);
  const place = [...row.querySelectorAll("a, summary")].indexOf(from);
  const same = next?.querySelectorAll<HTMLElement>("a, summary");
  const focus = same?.[place] ?? same?.[0];
  if (!focus) return;
  event.preventDefault();
  focus.focus();
}

function target(key: string, rows: HTMLElement[], row: HTMLElement): HTMLElement | undefined {
  if (key === "Home") return rows[0];
  if (key === "End") return rows.at(-1);
  const step = STEPS[key];
  return step ? rows[rows.indexOf(row) + step] : undefined;
}
