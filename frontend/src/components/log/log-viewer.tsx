import { ArrowDown } from "lucide-react";
import { useDeferredValue, useMemo, useRef, useState } from "react";
import { formatCount } from "@/lib/format";
import type { LogStream } from "@/lib/log-stream";
import { LogLines, type LogLinesHandle } from "./log-lines";
import { LogNews } from "./log-news";
import { LogToolbar } from "./log-toolbar";
import { StageStrip } from "./stage-strip";
import { type LevelFilter, layOut, type Stage } from "./stages";

interface LogViewerProps {
  stream: LogStream;
  /** Of the downloaded file. */
  fileName: string;
  /** Bytes a second, for the stage that goes on. */
  rate?: number | null;
}

/** A run's log: stages with their times, filter, search, follow, download. */
export function LogViewer({ stream, fileName, rate }: LogViewerProps) {
  const { lines, ended } = stream;
  const [level, setLevel] = useState<LevelFilter>("info");
  const [search, setSearch] = useState("");
  const [folded, setFolded] = useState<ReadonlySet<number>>(new Set());
  /** How many lines there were when following stopped; null while it follows. */
  const [leftAt, setLeftAt] = useState<number | null>(null);
  const rows = useRef<LogLinesHandle>(null);
  // Of a long log the typing goes on while the lines are still searched.
  const needle = useDeferredValue(search);
  const layout = useMemo(
    () => layOut(lines, { level, search: needle, folded, ended }),
    [lines, level, needle, folded, ended],
  );
  const { items, stages } = layout;
  const follow = leftAt === null;
  const setFollow = (on: boolean) => setLeftAt((old) => (on ? null : (old ?? lines.length)));

  const toggle = (key: number) => {
    setFollow(false);
    setFolded((old) =>
      old.has(key) ? new Set([...old].filter((one) => one !== key)) : new Set(old).add(key),
    );
  };
  const foldAll = (fold: boolean) => {
    setFollow(false);
    setFolded(new Set(fold ? stages.map((stage) => stage.key) : []));
  };
  const show = (stage: Stage) => {
    setFollow(false);
    rows.current?.scrollTo(items.indexOf(stage));
  };

  return (
    <section aria-label="Log" className="panel flex min-w-0 flex-col overflow-hidden">
      <LogToolbar
        level={level}
        onLevel={setLevel}
        search={search}
        onSearch={setSearch}
        follow={follow}
        onFollow={setFollow}
        folded={stages.length > 1 ? folded.size > 0 : undefined}
        onFold={foldAll}
        shown={layout.shown}
        stream={stream}
        fileName={fileName}
      />
      {stages.length > 1 ? <StageStrip stages={stages} rate={rate} onOpen={show} /> : null}
      {items.length > 0 ? (
        <div className="relative">
          <LogLines
            ref={rows}
            items={items}
            search={needle}
            follow={follow}
            onFollow={setFollow}
            onToggle={toggle}
            rate={rate}
          />
          {follow ? null : (
            <button
              type="button"
              onClick={() => setFollow(true)}
              className="absolute bottom-3 left-1/2 inline-flex h-8 -translate-x-1/2 items-center gap-1.5 rounded-full bg-accent px-3.5 text-sm font-semibold whitespace-nowrap text-on-accent shadow-float hover:bg-accent-strong pointer-coarse:h-11"
            >
              <ArrowDown className="size-4" aria-hidden />
              {resumeText(lines.length - (leftAt ?? 0), ended)}
            </button>
          )}
        </div>
      ) : (
        <p className="px-4 py-10 text-center text-ink-soft">{emptyText(stream)}</p>
      )}
      <LogNews stages={stages} ended={ended} />
    </section>
  );
}

function resumeText(unseen: number, ended: boolean): string {
  const news = unseen > 0 ? `${formatCount(unseen)} new ${unseen === 1 ? "line" : "lines"}` : "";
  if (ended) return news ? `To the end, ${news}` : "To the end";
  return news ? `Follow again, ${news}` : "Follow again";
}

function emptyText(stream: LogStream): string {
  if (stream.lines.length > 0) return "No line fits the filter.";
  if (stream.ended) return "This run left no log.";
  return stream.state === "offline"
    ? "The log can't be read now. Trying again…"
    : "Waiting for the first line…";
}
