import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { ErrorState } from "@/components/layout/error-state";
import { Input } from "@/components/ui/input";
import { Skeleton } from "@/components/ui/skeleton";
import { formatCount } from "@/lib/format";
import { contentsQuery } from "../api";
import { ContentsSchema } from "./contents-schema";
import type { RestoreSource } from "./plan";
import { bySchema, chosenKeys, type Selection, toSelection } from "./selection";
import { sourcePart } from "./source-plan";

interface ContentsTreeProps {
  source: RestoreSource;
  selection: Selection;
  onSelection: (selection: Selection) => void;
}

/** What is in the source, by schema, to be ticked. */
export function ContentsTree({ source, selection, onSelection }: ContentsTreeProps) {
  const part = useMemo(() => sourcePart(source), [source]);
  const contents = useQuery(contentsQuery(part));
  const [search, setSearch] = useState("");
  if (contents.isError) {
    return (
      <ErrorState
        title="What is in it could not be read"
        error={contents.error}
        onRetry={() => contents.refetch()}
      />
    );
  }
  if (contents.isPending) return <Skeleton className="h-40" />;

  const all = contents.data.objects;
  const keys = chosenKeys(selection, all);
  const wanted = search.trim().toLowerCase();
  const found = all.filter(({ name, schema }) => `${schema}.${name}`.toLowerCase().includes(wanted));
  const set = (change: (keys: Set<string>) => void) => {
    const next = new Set(keys);
    change(next);
    onSelection(toSelection(next, all));
  };
  return (
    <div className="overflow-hidden rounded-md border border-line-strong">
      <div className="flex flex-wrap items-center gap-3 border-b bg-sunken px-3 py-2">
        <Input
          type="search"
          aria-label="Search what is in it"
          placeholder="Search"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          className="max-w-60"
        />
        <p aria-live="polite" className="text-sm text-ink-soft">
          {`${formatCount(keys.size)} of ${formatCount(all.length)} chosen`}
        </p>
      </div>
      <div className="max-h-[26rem] divide-y divide-line overflow-y-auto">
        {bySchema(found).map(([schema, objects]) => (
          <ContentsSchema
            key={schema}
            schema={schema}
            objects={objects}
            keys={keys}
            startOpen={wanted !== "" || found.length <= 60}
            onChange={set}
          />
        ))}
        {found.length === 0 ? (
          <p className="px-3 py-6 text-center text-ink-soft">Nothing of that name.</p>
        ) : null}
      </div>
    </div>
  );
}
