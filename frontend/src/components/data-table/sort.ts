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
