import type { RowData } from "@tanstack/react-table";
import type { ReactNode } from "react";
import { useMediaQuery } from "@/lib/use-media-query";
import { CardList } from "./card-list";
import type { DataColumn } from "./features";
import type { Sort } from "./sort";
import { SortSelect } from "./sort-select";
import { TableView } from "./table-view";

export interface DataTableProps<Row extends RowData> {
  /** Under this the choice of columns is kept; left out: all are shown, always. */
  name?: string;
  /** For screen readers: what the table lists. */
  caption: string;
  columns: DataColumn<Row>[];
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

/** Rows as a table, on the phone as cards. Filters and pages are around it, in the address. */
export function DataTable<Row extends RowData>(props: DataTableProps<Row>) {
  const wide = useMediaQuery("(min-width: 768px)");
  if (wide) return <TableView {...props} />;
  const { columns, sort, onSort } = props;
  return (
    <>
      {onSort ? <SortSelect columns={columns} sort={sort} onSort={onSort} /> : null}
      <CardList
        caption={props.caption}
        rows={props.rows}
        rowId={props.rowId}
        renderCard={props.renderCard}
        stale={props.stale}
      />
    </>
  );
}
