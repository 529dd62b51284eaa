import type { Header, RowData } from "@tanstack/react-table";
import { ArrowDown, ArrowUp, ChevronsUpDown } from "lucide-react";
import type { ReactNode } from "react";
import { cn } from "@/lib/cn";
import type { DataTableFeatures } from "./features";

interface SortHeaderProps<Row extends RowData> {
  header: Header<DataTableFeatures, Row, unknown>;
  children: ReactNode;
}

export function SortHeader<Row extends RowData>({ header, children }: SortHeaderProps<Row>) {
  const sortable = header.column.getCanSort();
  const sorted = header.column.getIsSorted();
  const right = header.column.columnDef.meta?.align === "right";
  const Icon = sorted === "asc" ? ArrowUp : sorted === "desc" ? ArrowDown : ChevronsUpDown;
  return (
    <th
      scope="col"
      aria-sort={sorted ? (sorted === "asc" ? "ascending" : "descending") : undefined}
      className={cn(
        "h-10 whitespace-nowrap border-b bg-surface px-3 text-left font-normal text-sm text-ink-faint first:pl-4 last:pr-4",
        right && "text-right",
      )}
    >
      {sortable ? (
        <button
          type="button"
          onClick={header.column.getToggleSortingHandler()}
          className={cn(
            "-mx-1 inline-flex items-center gap-1 rounded-sm px-1 align-middle hover:text-ink",
            sorted && "font-semibold text-ink",
            right && "flex-row-reverse",
          )}
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
