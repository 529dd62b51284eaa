import { formatAbsolute, formatDuration } from "@/lib/format";
import { useNow } from "@/lib/use-now";

/** "in 2 h 14 m", ticking; the exact time in the user's zone on hover. */
export function Countdown({ to }: { to: string }) {
  const now = useNow(1000);
  const seconds = Math.ceil((new Date(to).getTime() - now.getTime()) / 1000);
  const left = seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1000);
  return (
    <time dateTime={to} title={formatAbsolute(to)} className="tabular-nums">
      {seconds <= 0 ? "now" : `in ${left}`}
    </time>
  );
}
