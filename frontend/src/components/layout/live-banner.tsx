import { WifiOff } from "lucide-react";
import { useLiveState } from "@/lib/events/live-store";

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
    </div>
  );
}
