import type { RowData } from "@tanstack/react-table";
import { useMemo, useState } from "react";
import { columnId, type DataColumn } from "./features";

/** Which columns the user wants to see of a table, by column id; kept in this browser. */
type Choice = Record<string, boolean>;

/** The columns that are shown, and how to choose others. Without a name there is no choice. */
export function useColumnChoice<Row extends RowData>(columns: DataColumn<Row>[], name: string | undefined) {
  const [choice, setChoice] = useState<Choice>(() => readChoice(name));
  const isShown = (column: DataColumn<Row>) => choice[columnId(column)] ?? !column.meta?.extra;
  // The table is built anew with other columns: the same ones must be the same array.
  const shown = useMemo(
    () => columns.filter((column) => choice[columnId(column)] ?? !column.meta?.extra),
    [columns, choice],
  );
  const keep = (next: Choice) => {
    setChoice(next);
    writeChoice(name, next);
  };
  return {
    shown,
    isShown,
    toggle: (column: DataColumn<Row>) => keep({ ...choice, [columnId(column)]: !isShown(column) }),
    reset: () => keep({}),
    isChanged: Object.keys(choice).length > 0,
  };
}

const storageKey = (name: string) => `columns.${name}`;

function readChoice(name: string | undefined): Choice {
  if (!name) return {};
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(storageKey(name)) ?? "{}");
    return typeof kept === "object" && kept !== null ? (kept as Choice) : {};
  } catch {
    return {};
  }
}

function writeChoice(name: string | undefined, choice: Choice) {
  if (!name) return;
  try {
    if (Object.keys(choice).length > 0) localStorage.setItem(storageKey(name), JSON.stringify(choice));
    else localStorage.removeItem(storageKey(name));
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}
