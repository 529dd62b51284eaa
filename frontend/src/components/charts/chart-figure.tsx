import { ChartColumn, Table2 } from "lucide-react";
import { type ReactNode, useId, useState } from "react";
import { Button } from "@/components/ui/button";
import { cn } from "@/lib/cn";

interface ChartFigureProps {
  title: string;
  /** The newest or most telling value, in words. */
  summary: ReactNode;
  /** The same as numbers, for those who cannot see the drawing. */
  columns: string[];
  rows: string[][];
  /** What the drawing is drawn to: its highest value, and where it begins and ends. */
  scale?: { top: string; from: string; to: string };
  /** What the colours mean, where there are several. */
  legend?: { label: string; className: string }[];
  children: ReactNode;
}

/** A drawing with its title. The same as a table is there for a screen reader always, and for everybody at a press. */
export function ChartFigure({ title, summary, columns, rows, scale, legend, children }: ChartFigureProps) {
  const id = useId();
  const [tabular, setTabular] = useState(false);
  const Icon = tabular ? ChartColumn : Table2;
  return (
    <figure aria-labelledby={id} className="panel relative min-w-0 px-4 py-3">
      <figcaption className="mb-2 flex items-center gap-x-3">
        <span id={id} className="font-bold">
          {title}
        </span>
        <span className="ml-auto truncate text-sm text-ink-soft">{summary}</span>
        <Button
          variant="ghost"
          size="icon-sm"
          aria-pressed={tabular}
          aria-label={`${title} as a table`}
          title={tabular ? "Show the drawing" : "Show as a table"}
          className="-mr-1.5"
          onClick={() => setTabular(!tabular)}
        >
          <Icon aria-hidden />
        </Button>
      </figcaption>
      <div aria-hidden className={tabular ? "invisible" : undefined}>
        {scale ? <p className="caption border-line border-b pb-px">{scale.top}</p> : null}
        {children}
        {scale ? (
          <p className="caption mt-1 flex justify-between">
            <span>{scale.from}</span>
            <span>{scale.to}</span>
          </p>
        ) : null}
        {legend ? (
          <p className="caption mt-1.5 flex flex-wrap gap-x-4">
            {legend.map((entry) => (
              <span key={entry.label} className="flex items-center gap-1.5">
                <span className={cn("size-2.5 rounded-[2px]", entry.className)} />
                {entry.label}
              </span>
            ))}
          </p>
        ) : null}
      </div>
      {/* Over the drawing, in the same room: nothing below moves. */}
      <section
        aria-label={`${title}, as a table`}
        tabIndex={tabular ? 0 : undefined}
        className={tabular ? "absolute inset-x-0 top-11 bottom-0 overflow-y-auto px-4 pb-2" : "sr-only"}
      >
        <table className="w-full text-left text-sm">
          <caption className="sr-only">{title}</caption>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column} scope="col" className="sticky top-0 bg-surface py-1 font-semibold">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row[0]} className="border-line border-t">
                {row.map((cell, index) => (
                  <td key={columns[index]} className="py-1 pr-3">
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </figure>
  );
}
