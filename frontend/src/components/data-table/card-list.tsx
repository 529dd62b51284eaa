import type { ReactNode } from "react";
import { cn } from "@/lib/cn";

interface CardListProps<Row> {
  caption: string;
  rows: Row[];
  rowId: (row: Row) => string;
  renderCard: (row: Row) => ReactNode;
  stale?: boolean;
}

/** A table on the phone. */
export function CardList<Row>({ caption, rows, rowId, renderCard, stale }: CardListProps<Row>) {
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
