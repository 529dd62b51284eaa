import { memo } from "react";
import type { LogLine } from "@/client";
import { cn } from "@/lib/cn";
import { formatAbsolute, formatLogTime } from "@/lib/format";

const INK: Record<string, string> = {
  debug: "text-ink-faint",
  info: "text-ink-faint",
  warn: "text-warn",
  error: "text-bad",
};

export const LogRow = memo(function LogRow({ line, search }: { line: LogLine; search: string }) {
  const loud = line.level === "warn" || line.level === "error";
  return (
    <div
      className={cn(
        "flex gap-3 px-4 py-px leading-5 max-sm:flex-wrap max-sm:gap-y-0 max-sm:py-1",
        line.level === "error" && "bg-bad-soft",
        line.level === "warn" && "bg-warn-soft",
      )}
    >
      <time
        dateTime={line.timestamp}
        title={formatAbsolute(line.timestamp)}
        className="shrink-0 text-ink-faint"
      >
        {formatLogTime(line.timestamp)}
      </time>
      <span className={cn("w-[5ch] shrink-0 uppercase", INK[line.level], loud && "font-bold")}>
        {line.level}
      </span>
      <span
        className={cn(
          "min-w-0 whitespace-pre-wrap break-words max-sm:w-full",
          line.level === "debug" ? "text-ink-soft" : "text-ink",
        )}
      >
        <Marked text={line.message} search={search.trim()} />
      </span>
    </div>
  );
});

function Marked({ text, search }: { text: string; search: string }) {
  const at = search ? text.toLowerCase().indexOf(search.toLowerCase()) : -1;
  if (at < 0) return text;
  return (
    <>
      {text.slice(0, at)}
      <mark className="rounded-sm bg-accent text-on-accent">{text.slice(at, at + search.length)}</mark>
      {text.slice(at + search.length)}
    </>
  );
}
