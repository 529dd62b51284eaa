import type { ReactNode } from "react";
import { cn } from "@/lib/cn";

interface CardListProps<Row> {
  caption: string;
  rows: Row[];
  rowId: (row: Row) => string;
  renderCard: (row: Row) => ReactNode;
  stale?: boolean;
}

/** A table on the phone. What is not on the screen is laid out by the browser when it comes near. */
export function CardList<Row>({ caption, rows, rowId, renderCard, stale }: CardListProps<Row>) {
  return (
    <ul aria-label={caption} className={cn("divide-y divide-line", stale && "opacity-60")}>
      {rows.map((row) => (
        <li
          key={rowId(row)}
          className="px-4 py-3 [contain-intrinsic-size:auto_5.5rem] [content-visibility:auto]"
        >
          {renderCard(row)}
        </li>
      ))}
    </ul>
  );
}
