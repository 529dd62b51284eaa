import type { RowData } from "@tanstack/react-table";
import { ArrowDownNarrowWide, ArrowUpNarrowWide } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Select } from "@/components/ui/select";
import { columnId, columnName, type DataColumn } from "./features";
import { parseSort, type Sort } from "./sort";

interface SortSelectProps<Row extends RowData> {
  columns: DataColumn<Row>[];
  sort: Sort | undefined;
  onSort: (sort: Sort) => void;
}

/** The order of the cards on a phone, where no heads of columns can be pressed. */
export function SortSelect<Row extends RowData>({ columns, sort, onSort }: SortSelectProps<Row>) {
  const [by] = parseSort(sort);
  const sortable = columns.filter((column) => "accessorKey" in column && column.enableSorting !== false);
  return (
    <div className="flex gap-2 border-b px-4 py-2">
      <Select
        aria-label="Sort by"
        value={by?.id ?? ""}
        onChange={(event) => onSort(`${by?.desc ? "-" : ""}${event.target.value}`)}
        className="flex-1"
      >
        {sortable.map((column) => (
          <option key={columnId(column)} value={columnId(column)}>
            By {columnName(column).toLowerCase()}
          </option>
        ))}
      </Select>
      <Button
        size="icon"
        aria-label={by?.desc ? "Descending; sort ascending" : "Ascending; sort descending"}
        onClick={() => by && onSort(`${by.desc ? "" : "-"}${by.id}`)}
      >
        {by?.desc ? <ArrowDownNarrowWide aria-hidden /> : <ArrowUpNarrowWide aria-hidden />}
      </Button>
    </div>
  );
}
