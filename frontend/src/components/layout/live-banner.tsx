import { Unplug, WifiOff } from "lucide-react";
import { useLiveState } from "@/lib/events/live-store";

/** Says on every page that what it shows may be old, or comes in slower than usual. */
export function LiveBanner() {
  const state = useLiveState();
  return (
    <div role="status">
      {state === "offline" ? (
        <p className="flex items-start gap-2 border-b border-bad/30 bg-bad-soft px-4 py-1.5 text-sm md:px-8">
          <WifiOff className="mt-0.5 size-3.5 shrink-0 text-bad" aria-hidden />
          <span>
            <strong className="font-semibold text-bad">Offline.</strong> The server does not answer; what you
            see may be out of date. Runs go on without this page. Trying again…
          </span>
        </p>
      ) : null}
      {state === "polling" ? (
        <p className="flex items-start gap-2 border-b border-warn/30 bg-warn-soft px-4 py-1.5 text-sm md:px-8">
          <Unplug className="mt-0.5 size-3.5 shrink-0 text-warn" aria-hidden />
          <span>
            <strong className="font-semibold text-warn">No live updates.</strong> This page asks the server
            every 5 seconds instead. If it stays so, let the proxy in front pass WebSockets on.
          </span>
        </p>
      ) : null}
    </div>
  );
}
