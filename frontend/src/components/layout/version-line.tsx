import { useQuery } from "@tanstack/react-query";
import { cn } from "@/lib/cn";
import { useLiveState } from "@/lib/events/live-store";
import { statusQuery } from "@/lib/queries";

/** Whether the server is well, and its version. */
export function VersionLine({ narrow }: { narrow: boolean }) {
  const status = useQuery(statusQuery());
  const live = useLiveState();
  const failing = status.data?.health.checks.filter((check) => !check.ok) ?? [];
  const [tone, text] =
    live === "offline" || status.isError
      ? ["bg-bad", "Offline"]
      : !status.data
        ? ["bg-line-strong", "Connecting"]
        : failing.length > 0
          ? ["bg-warn", failing.map((check) => check.name).join(", ")]
          : ["bg-ok", "Healthy"];
  return (
    <p
      className={cn("flex items-center gap-2 text-sm text-ink-soft", narrow ? "justify-center" : "px-2")}
      title={text}
    >
      <span className={cn("size-2 shrink-0 rounded-full", tone)} aria-hidden />
      <span className={narrow ? "sr-only" : "truncate"}>{text}</span>
      {narrow || !status.data ? null : (
        <span className="ml-auto text-xs text-ink-faint">{status.data.version}</span>
      )}
    </p>
  );
}
