import type { Header, RowData } from "@tanstack/react-table";
import { ArrowDown, ArrowUp, ChevronsUpDown } from "lucide-react";
import type { ReactNode } from "react";
import type { DataTableFeatures } from "./features";

interface SortHeaderProps<Row extends RowData> {
  header: Header<DataTableFeatures, Row, unknown>;
  children: ReactNode;
}

export function SortHeader<Row extends RowData>({ header, children }: SortHeaderProps<Row>) {
  const sortable = header.column.getCanSort();
  const sorted = header.column.getIsSorted();
  const Icon = sorted === "asc" ? ArrowUp : sorted === "desc" ? ArrowDown : ChevronsUpDown;
  return (
    <th
      scope="col"
      aria-sort={sorted ? (sorted === "asc" ? "ascending" : "descending") : undefined}
      className="h-9 whitespace-nowrap px-3 text-left font-normal text-sm text-ink-faint first:pl-4 last:pr-4"
    >
      {sortable ? (
        <button
          type="button"
          onClick={header.column.getToggleSortingHandler()}
          className="-mx-1 inline-flex items-center gap-1 rounded-sm px-1 hover:text-ink"
        >
          {children}
          <Icon className={sorted ? "size-3.5 text-ink" : "size-3.5 opacity-60"} aria-hidden />
        </button>
      ) : (
        children
      )}
    </th>
  );
}
