import { Pause, Play } from "lucide-react";
import { useMemo, useState } from "react";
import type { LogLine, SystemLogLine } from "@/client";
import { ErrorState } from "@/components/layout/error-state";
import { PageHeader } from "@/components/layout/page-header";
import { LogLines } from "@/components/log/log-lines";
import { Button } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/skeleton";
import { useDebounced } from "@/lib/use-debounced";
import type { LogSearch } from "../search";
import { useTail } from "../use-tail";
import { LogFilter } from "./log-filter";

interface SystemLogsPageProps {
  search: LogSearch;
  onSearch: (search: LogSearch) => void;
}

/** The program's own log since its start. Runs have logs of their own on their pages. */
export function SystemLogsPage({ search, onSearch }: SystemLogsPageProps) {
  const [live, setLive] = useState(true);
  const [follow, setFollow] = useState(true);
  const tail = useTail(useDebounced(search, 250), live);
  const lines = useMemo(() => (tail.data ?? []).map(toLogLine), [tail.data]);

  return (
    <>
      <PageHeader
        title="Logs"
        meta="What the program itself has said since it started. Each backup and restore has its own log on its page."
        actions={
          <Button onClick={() => setLive(!live)}>
            {live ? <Pause aria-hidden /> : <Play aria-hidden />}
            {live ? "Pause" : "Go on"}
          </Button>
        }
      />
      <LogFilter search={search} onSearch={onSearch} />
      {tail.isError ? (
        <ErrorState title="The log could not be read" error={tail.error} onRetry={() => tail.refetch()} />
      ) : tail.isPending ? (
        <div role="status" aria-label="Loading the log">
          <Skeleton className="h-64" />
        </div>
      ) : (
        <section aria-label="Log" className="panel overflow-hidden">
          {lines.length > 0 ? (
            <LogLines items={lines} search={search.text ?? ""} follow={follow} onFollow={setFollow} />
          ) : (
            <p className="px-4 py-10 text-center text-ink-soft">No line fits the filter.</p>
          )}
        </section>
      )}
    </>
  );
}

/** The log viewer's own shape; the category and the ids stand before the message. */
function toLogLine(line: SystemLogLine): LogLine {
  const ids = [line.request, line.operation].filter(Boolean).map((id) => `[${id}] `);
  return {
    seq: line.seq,
    timestamp: line.at,
    level: LEVEL_NAMES[line.level] ?? line.level,
    message: `${line.category}  ${ids.join("")}${line.message}`,
    metadata: null,
  };
}

const LEVEL_NAMES: Record<string, string> = { warning: "warn", critical: "error", success: "info" };
