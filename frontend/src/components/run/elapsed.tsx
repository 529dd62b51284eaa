import { formatDuration } from "@/lib/format";
import { useNow } from "@/lib/use-now";

/** Time since the start, ticking. */
export function Elapsed({ since }: { since: string | null }) {
  const now = useNow(1000);
  if (!since) return <>–</>;
  return <>{formatDuration(Math.max(0, now.getTime() - new Date(since).getTime()))}</>;
}
