import { ArrowDownToLine, Download, FoldVertical, Search, UnfoldVertical, WifiOff } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { Select } from "@/components/ui/select";
import { formatCount } from "@/lib/format";
import type { LogStream } from "@/lib/log-stream";
import { saveText } from "@/lib/save-text";
import { type LevelFilter, logToText } from "./stages";

interface LogToolbarProps {
  level: LevelFilter;
  onLevel: (level: LevelFilter) => void;
  search: string;
  onSearch: (search: string) => void;
  follow: boolean;
  onFollow: (follow: boolean) => void;
  /** Undefined where there is nothing to fold. */
  folded?: boolean;
  onFold: (fold: boolean) => void;
  shown: number;
  stream: LogStream;
  fileName: string;
}

export function LogToolbar(props: LogToolbarProps) {
  const { stream, folded } = props;
  return (
    <header className="flex flex-wrap items-center gap-2 border-b px-3 py-2">
      <h2 className="mr-1 pl-1 font-bold">Log</h2>
      {/* While a run goes on the number grows with each line: only what a search finds is said. */}
      <p className="caption mr-auto flex items-center gap-2" aria-live={stream.ended ? "polite" : "off"}>
        {countText(props.shown, stream.lines.length)}
        <ConnectionNote stream={stream} />
      </p>
      <Select
        aria-label="Show from level"
        value={props.level}
        onChange={(event) => props.onLevel(event.target.value as LevelFilter)}
        className="w-32 max-sm:order-last"
      >
        <option value="debug">Everything</option>
        <option value="info">Info and up</option>
        <option value="warn">Warnings</option>
        <option value="error">Errors</option>
      </Select>
      <span className="relative w-44 max-sm:order-last max-sm:w-auto max-sm:min-w-0 max-sm:flex-1">
        <Search
          className="pointer-events-none absolute top-1/2 left-2.5 size-4 -translate-y-1/2 text-ink-faint"
          aria-hidden
        />
        <Input
          type="search"
          aria-label="Search the log"
          placeholder="Search"
          className="!pl-8"
          value={props.search}
          onChange={(event) => props.onSearch(event.target.value)}
        />
      </span>
      {stream.ended ? null : (
        <Button size="sm" aria-pressed={props.follow} onClick={() => props.onFollow(!props.follow)}>
          <ArrowDownToLine aria-hidden />
          {props.follow ? "Following" : "Follow"}
        </Button>
      )}
      {folded === undefined ? null : (
        <Button
          size="icon"
          variant="ghost"
          aria-label={folded ? "Unfold all stages" : "Fold all stages"}
          title={folded ? "Unfold all stages" : "Fold all stages"}
          onClick={() => props.onFold(!folded)}
        >
          {folded ? <UnfoldVertical aria-hidden /> : <FoldVertical aria-hidden />}
        </Button>
      )}
      <Button
        size="icon"
        variant="ghost"
        aria-label="Download the log"
        title="Download the log"
        disabled={stream.lines.length === 0}
        onClick={() => saveText(props.fileName, logToText(stream.lines))}
      >
        <Download aria-hidden />
      </Button>
    </header>
  );
}

function ConnectionNote({ stream }: { stream: LogStream }) {
  if (stream.ended || (stream.state !== "offline" && stream.state !== "polling")) return null;
  return (
    <span className="inline-flex items-center gap-1 font-semibold text-warn">
      <WifiOff className="size-3.5" aria-hidden />
      {stream.state === "polling" ? "asking every 2 seconds" : "offline, reconnecting"}
    </span>
  );
}

function countText(shown: number, all: number): string {
  if (shown !== all) return `${formatCount(shown)} of ${formatCount(all)} lines`;
  return all === 1 ? "1 line" : `${formatCount(all)} lines`;
}
