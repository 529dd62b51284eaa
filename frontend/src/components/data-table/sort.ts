import type { SortingState } from "@tanstack/react-table";

/** A column's id, with a minus before it for descending: as the API and the URL write it. */
export type Sort = string;

export function parseSort(sort: Sort | undefined): SortingState {
  if (!sort) return [];
  return sort.startsWith("-") ? [{ id: sort.slice(1), desc: true }] : [{ id: sort, desc: false }];
}

export function serializeSort(sorting: SortingState): Sort {
  const first = sorting[0];
  return first ? `${first.desc ? "-" : ""}${first.id}` : "";
}

type Value = string | number | boolean | null | undefined;

/** For lists that come whole: sorted here, what has no value last, as the server does. */
export function sortRows<Row>(
  rows: Row[],
  sort: Sort | undefined,
  values: Record<string, (row: Row) => Value>,
) {
  const [by] = parseSort(sort);
  const value = by && values[by.id];
  if (!value) return rows;
  const sign = by.desc ? -1 : 1;
  return rows.toSorted((a, b) => compare(value(a), value(b), sign));
}

function compare(a: Value, b: Value, sign: number): number {
  const [none, other] = [a ?? null, b ?? null];
  if (none === null || other === null) return Number(none === null) - Number(other === null);
  if (typeof none === "string" && typeof other === "string") {
    return sign * none.localeCompare(other, "en", { sensitivity: "base", numeric: true });
  }
  return sign * (Number(none) - Number(other));
}
