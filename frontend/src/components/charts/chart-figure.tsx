import { type ReactNode, useId } from "react";

interface ChartFigureProps {
  title: string;
  /** The newest or most telling value, in words. */
  summary: ReactNode;
  /** The same as numbers, for those who cannot see the drawing. */
  columns: string[];
  rows: string[][];
  children: ReactNode;
}

/** A drawing with its title, and a table that says the same to a screen reader. */
export function ChartFigure({ title, summary, columns, rows, children }: ChartFigureProps) {
  const id = useId();
  return (
    <figure aria-labelledby={id} className="panel min-w-0 px-4 py-3">
      <figcaption className="mb-3 flex flex-wrap items-baseline justify-between gap-x-3">
        <span id={id} className="font-bold">
          {title}
        </span>
        <span className="text-sm text-ink-soft">{summary}</span>
      </figcaption>
      <div aria-hidden>{children}</div>
      <table className="sr-only">
        <caption>{title}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row[0]}>
              {row.map((cell, index) => (
                <td key={columns[index]}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}
