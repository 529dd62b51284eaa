import { FlexRender, type RowData, type Row as RowModel } from "@tanstack/react-table";
import { memo, type Ref } from "react";
import { cn } from "@/lib/cn";
import type { DataColumn, DataTableFeatures } from "./features";

interface DataRowProps<Row extends RowData> {
  row: RowModel<DataTableFeatures, Row>;
  /** The row stays the same object when other columns are shown: these tell. */
  columns: DataColumn<Row>[];
  /** Its place among all rows, for screen readers, where not all of them are in the page. */
  index?: number;
  ref?: Ref<HTMLTableRowElement>;
}

function PlainRow<Row extends RowData>({ row, index, ref }: DataRowProps<Row>) {
  return (
    <tr
      ref={ref}
      data-row
      data-index={index}
      aria-rowindex={index === undefined ? undefined : index + 2}
      className="group/row focus-within:bg-sunken/60 hover:bg-sunken/60"
    >
      {row.getAllCells().map((cell) => (
        <td
          key={cell.id}
          className={cn(
            "h-11 border-b border-line px-3 py-1.5 first:pl-4 last:pr-4 group-last/row:border-b-0",
            cell.column.columnDef.meta?.align === "right" && "text-right tabular-nums",
          )}
        >
          <FlexRender cell={cell} />
        </td>
      ))}
    </tr>
  );
}

/** Drawn again only when its record or the columns change, not with every change around the table. */
export const DataRow = memo(PlainRow) as typeof PlainRow;
