import { useMemo, useState } from "react";
import type { LogStream } from "@/lib/log-stream";
import { filterLines, type LevelFilter } from "./filter-lines";
import { LogLines } from "./log-lines";
import { LogToolbar } from "./log-toolbar";

interface LogViewerProps {
  stream: LogStream;
  /** Of the downloaded file. */
  fileName: string;
}

/** A run's log: filter, search, follow, download. Only the rows in view are in the page. */
export function LogViewer({ stream, fileName }: LogViewerProps) {
  const [level, setLevel] = useState<LevelFilter>("info");
  const [search, setSearch] = useState("");
  const [follow, setFollow] = useState(true);
  const lines = useMemo(() => filterLines(stream.lines, level, search), [stream.lines, level, search]);

  return (
    <section aria-label="Log" className="panel flex min-w-0 flex-col overflow-hidden">
      <LogToolbar
        level={level}
        onLevel={setLevel}
        search={search}
        onSearch={setSearch}
        follow={follow}
        onFollow={setFollow}
        shown={lines.length}
        stream={stream}
        fileName={fileName}
      />
      {lines.length > 0 ? (
        <LogLines lines={lines} search={search} follow={follow} onFollow={setFollow} />
      ) : (
        <p className="px-4 py-10 text-center text-ink-soft">{emptyText(stream)}</p>
      )}
    </section>
  );
}

function emptyText(stream: LogStream): string {
  if (stream.lines.length > 0) return "No line fits the filter.";
  if (stream.ended) return "This run left no log.";
  return stream.state === "offline"
    ? "The log can't be read now. Trying again…"
    : "Waiting for the first line…";
}
