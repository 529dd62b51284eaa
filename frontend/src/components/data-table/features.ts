import { rowSortingFeature, type TableFeatures, tableFeatures } from "@tanstack/react-table";

/** What our tables can do: the server filters, sorts and pages; the table only draws. */
export const dataTableFeatures = tableFeatures({ rowSortingFeature });

export type DataTableFeatures = typeof dataTableFeatures & TableFeatures;
