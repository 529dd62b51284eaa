import {
  type ColumnDef,
  metaHelper,
  type RowData,
  rowSortingFeature,
  type TableFeatures,
  tableFeatures,
} from "@tanstack/react-table";

interface ColumnMeta {
  /** Numbers stand below each other at the right. */
  align?: "right";
  /** Not shown until it is chosen. */
  extra?: boolean;
}

/** What our tables can do: the server filters, sorts and pages; the table only draws. */
export const dataTableFeatures = tableFeatures({ rowSortingFeature, columnMeta: metaHelper<ColumnMeta>() });

export type DataTableFeatures = typeof dataTableFeatures & TableFeatures;
export type DataColumn<Row extends RowData> = ColumnDef<DataTableFeatures, Row>;

/** A column's id: the field it shows, unless it says otherwise. */
export function columnId<Row extends RowData>(column: DataColumn<Row>): string {
  return column.id ?? ("accessorKey" in column ? String(column.accessorKey) : "");
}

/** What a column is called; empty for columns without a name, which can't be chosen away. */
export function columnName<Row extends RowData>(column: DataColumn<Row>): string {
  return typeof column.header === "string" ? column.header : "";
}
