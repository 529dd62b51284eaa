import { skipToken, useQuery } from "@tanstack/react-query";
import type { ProgressView } from "@/client";
import { progressKey } from "./apply-event";

/** The latest progress of a run: from the live events, before the first of them from what was loaded. */
export function useProgress(id: string, loaded: ProgressView | null): ProgressView | null {
  const live = useQuery<ProgressView>({ queryKey: progressKey(id), queryFn: skipToken, staleTime: Infinity });
  return live.data ?? loaded;
}
