import { type ColumnDef, type RowData, useTable } from "@tanstack/react-table";
import type { ReactNode } from "react";
import { cn } from "@/lib/cn";
import { useMediaQuery } from "@/lib/use-media-query";
import { type DataTableFeatures, dataTableFeatures } from "./features";
import { parseSort, type Sort, serializeSort } from "./sort";
import { SortHeader } from "./sort-header";

interface DataTableProps<Row extends RowData> {
  /** For screen readers: what the table lists. */
  caption: string;
  columns: ColumnDef<DataTableFeatures, Row>[];
  rows: Row[];
  rowId: (row: Row) => string;
  /** How a row looks on the phone, where the table becomes a list of cards. */
  renderCard: (row: Row) => ReactNode;
  /** "-createdAt": the column's id, a minus for descending. Left out: not sortable. */
  sort?: Sort;
  onSort?: (sort: Sort) => void;
  /** What is shown is about to be replaced. */
  stale?: boolean;
}

export function DataTable<Row extends RowData>(props: DataTableProps<Row>) {
  const { caption, columns, rows, rowId, renderCard, sort, onSort, stale } = props;
  const wide = useMediaQuery("(min-width: 768px)");
  const sorting = parseSort(sort);
  const table = useTable({
    features: dataTableFeatures,
    columns,
    data: rows,
    getRowId: rowId,
    manualSorting: true,
    enableSorting: Boolean(onSort),
    enableSortingRemoval: false,
    state: { sorting },
    onSortingChange: (update) => {
      const next = typeof update === "function" ? update(sorting) : update;
      onSort?.(serializeSort(next));
    },
  });

  if (!wide) {
    return (
      <ul aria-label={caption} className={cn("divide-y divide-line", stale && "opacity-60")}>
        {rows.map((row) => (
          <li key={rowId(row)} className="px-4 py-3">
            {renderCard(row)}
          </li>
        ))}
      </ul>
    );
  }

  return (
    <div className="overflow-x-auto">
      <table className={cn("w-full border-collapse transition-opacity", stale && "opacity-60")}>
        <caption className="sr-only">{caption}</caption>
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id} className="border-b">
              {group.headers.map((header) => (
                <SortHeader key={header.id} header={header}>
                  <table.FlexRender header={header} />
                </SortHeader>
              ))}
            </tr>
          ))}
        </thead>
        <tbody className="divide-y divide-line">
          {table.getRowModel().rows.map((row) => (
            <tr key={row.id} className="hover:bg-sunken/60">
              {row.getAllCells().map((cell) => (
                <td key={cell.id} className="h-11 px-3 py-1.5 first:pl-4 last:pr-4">
                  <table.FlexRender cell={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
