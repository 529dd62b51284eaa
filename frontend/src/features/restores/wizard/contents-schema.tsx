import { ChevronRight } from "lucide-react";
import { useId, useState } from "react";
import type { ContentsObject } from "@/client";
import { cn } from "@/lib/cn";
import { formatBytes, formatCount } from "@/lib/format";
import { keyOf } from "./selection";

interface ContentsSchemaProps {
  schema: string;
  objects: ContentsObject[];
  keys: Set<string>;
  startOpen: boolean;
  onChange: (change: (keys: Set<string>) => void) => void;
}

const BOX = "size-4.5 shrink-0 accent-accent";

/** One schema: all of it, or object by object. */
export function ContentsSchema({ schema, objects, keys, startOpen, onChange }: ContentsSchemaProps) {
  const [toggled, setToggled] = useState(false);
  const open = startOpen !== toggled;
  const list = useId();
  const ticked = objects.filter((object) => keys.has(keyOf(object))).length;
  const toggleAll = (on: boolean) =>
    onChange((next) => {
      for (const object of objects) on ? next.add(keyOf(object)) : next.delete(keyOf(object));
    });
  return (
    <fieldset>
      <legend className="sr-only">Schema {schema}</legend>
      <div className="flex items-center gap-2 px-3 py-2">
        <button
          type="button"
          aria-expanded={open}
          aria-controls={list}
          aria-label={`Objects of ${schema}`}
          onClick={() => setToggled((old) => !old)}
          className="rounded-sm p-1 text-ink-soft hover:text-ink"
        >
          <ChevronRight className={cn("size-4 transition-transform", open && "rotate-90")} aria-hidden />
        </button>
        <label className="flex min-w-0 flex-1 items-center gap-2.5 font-semibold">
          <input
            type="checkbox"
            className={BOX}
            checked={ticked === objects.length}
            ref={(box) => {
              if (box) box.indeterminate = ticked > 0 && ticked < objects.length;
            }}
            onChange={(event) => toggleAll(event.target.checked)}
            aria-label={`All of ${schema}`}
          />
          <span className="break-all">{schema}</span>
        </label>
        <span className="text-sm text-ink-faint tabular-nums">{`${ticked} of ${objects.length}`}</span>
      </div>
      {open ? (
        <ul id={list} className="pb-2">
          {objects.map((object) => (
            <li key={keyOf(object)}>
              <label className="flex items-start gap-2.5 px-3 py-1 pl-11 hover:bg-sunken">
                <input
                  type="checkbox"
                  className={cn(BOX, "mt-0.5")}
                  checked={keys.has(keyOf(object))}
                  onChange={(event) => {
                    const { checked } = event.target;
                    onChange((next) => (checked ? next.add(keyOf(object)) : next.delete(keyOf(object))));
                  }}
                />
                <span className="min-w-0 flex-1">
                  <span className="break-all">{object.name}</span>{" "}
                  <span className="ml-1 text-sm text-ink-faint">{about(object)}</span>
                  {object.needs.length > 0 && keys.has(keyOf(object)) ? (
                    <span className="block text-sm text-ink-soft">Refers to {object.needs.join(", ")}</span>
                  ) : null}
                </span>
              </label>
            </li>
          ))}
        </ul>
      ) : null}
    </fieldset>
  );
}

function about({ kind, rows, rowsExact, size }: ContentsObject): string {
  const parts = [kind];
  if (rows !== null && rows >= 0) parts.push(`${rowsExact ? "" : "about "}${formatCount(rows)} rows`);
  if (size) parts.push(formatBytes(size));
  return parts.join(", ");
}
