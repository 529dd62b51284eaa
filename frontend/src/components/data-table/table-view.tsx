import { type RowData, useTable } from "@tanstack/react-table";
import { lazy, Suspense, useRef } from "react";
import { cn } from "@/lib/cn";
import { loadAgain } from "@/lib/load-again";
import { useColumnChoice } from "./column-choice";
import { DataRow } from "./data-row";
import type { DataTableProps } from "./data-table";
import { columnId, type DataColumn, dataTableFeatures } from "./features";
import { useFrozenWidths } from "./frozen-widths";
import { moveBetweenRows } from "./row-keys";
import { parseSort, serializeSort } from "./sort";
import { SortHeader } from "./sort-header";

// A short table, as on the overview, needs neither.
const VirtualRows = lazy(() =>
  loadAgain(() => import("./virtual-rows")),
) as typeof import("./virtual-rows").default;
const ColumnsMenu = lazy(() =>
  loadAgain(() => import("./columns-menu")),
) as typeof import("./columns-menu").default;

/** From so many rows on, only those near the screen are in the page. */
const LONG = 60;

export function TableView<Row extends RowData>(props: DataTableProps<Row>) {
  const { name, caption, columns, rows, rowId, sort, onSort, stale } = props;
  const choice = useColumnChoice(columns, name);
  const head = useRef<HTMLTableRowElement>(null);
  const body = useRef<HTMLTableSectionElement>(null);
  const sorting = parseSort(sort);
  const table = useTable({
    features: dataTableFeatures,
    columns: choice.shown,
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
  const long = rows.length > LONG;
  const widths = useFrozenWidths(head, choice.shown.map(columnId).join(), long);
  const models = table.getRowModel().rows;

  return (
    <div
      className={
        choice.shown.length > columns.filter(isUsual).length ? "overflow-x-auto" : "max-lg:overflow-x-auto"
      }
    >
      <table
        aria-rowcount={long ? rows.length + 1 : undefined}
        className={cn(
          "w-full border-separate border-spacing-0 transition-opacity",
          widths && "table-fixed",
          stale && "opacity-60",
        )}
      >
        <caption className="sr-only">{caption}</caption>
        {widths ? (
          <colgroup>
            {widths.map((width, index) => (
              <col key={columnId(choice.shown[index] as DataColumn<Row>)} style={{ width }} />
            ))}
          </colgroup>
        ) : null}
        <thead className="lg:sticky lg:top-0 lg:z-10">
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id} ref={head}>
              {group.headers.map((header) => (
                <SortHeader key={header.id} header={header}>
                  <table.FlexRender header={header} />
                  {name && header.column.id === "actions" ? (
                    <span className="flex h-8 justify-end pointer-coarse:h-11">
                      <Suspense>
                        <ColumnsMenu columns={columns} choice={choice} />
                      </Suspense>
                    </span>
                  ) : null}
                </SortHeader>
              ))}
            </tr>
          ))}
        </thead>
        <tbody ref={body} onKeyDown={moveBetweenRows}>
          {long ? (
            <Suspense
              fallback={models
                .slice(0, LONG)
                .map((row) => <DataRow key={row.id} row={row} columns={choice.shown} />)}
            >
              <VirtualRows rows={models} body={body} columns={choice.shown} />
            </Suspense>
          ) : (
            models.map((row) => <DataRow key={row.id} row={row} columns={choice.shown} />)
          )}
        </tbody>
      </table>
    </div>
  );
}

function isUsual<Row extends RowData>(column: DataColumn<Row>): boolean {
  return !column.meta?.extra;
}
