import type { RowData, Row as RowModel } from "@tanstack/react-table";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { type RefObject, useLayoutEffect, useState } from "react";
import { DataRow } from "./data-row";
import type { DataColumn, DataTableFeatures } from "./features";

interface VirtualRowsProps<Row extends RowData> {
  rows: RowModel<DataTableFeatures, Row>[];
  body: RefObject<HTMLTableSectionElement | null>;
  columns: DataColumn<Row>[];
}

const ROW_HEIGHT = 45;

/** The rows near the screen; two empty ones stand for what is above and below. */
export default function VirtualRows<Row extends RowData>({ rows, body, columns }: VirtualRowsProps<Row>) {
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const box = body.current?.getBoundingClientRect();
    if (box) setTop(Math.round(box.top + window.scrollY));
  }, [body]);

  const virtual = useWindowVirtualizer<HTMLTableRowElement>({
    count: rows.length,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 12,
    scrollMargin: top,
  });
  const items = virtual.getVirtualItems();
  const above = (items[0]?.start ?? top) - top;
  const below = virtual.getTotalSize() - ((items.at(-1)?.end ?? top) - top);

  return (
    <>
      <Gap height={above} columns={columns.length} />
      {items.map((item) => {
        const row = rows[item.index];
        return row ? (
          <DataRow key={row.id} ref={virtual.measureElement} row={row} columns={columns} index={item.index} />
        ) : null;
      })}
      <Gap height={below} columns={columns.length} />
    </>
  );
}

function Gap({ height, columns }: { height: number; columns: number }) {
  if (height <= 0) return null;
  return (
    <tr aria-hidden>
      <td colSpan={columns} style={{ height }} className="p-0" />
    </tr>
  );
}
