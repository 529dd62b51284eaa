import { useQuery } from "@tanstack/react-query";
import { getSystemLogs } from "@/client";
import { ask } from "@/lib/api";
import type { LogSearch } from "./search";

const EVERY_MS = 1_000;

/** The newest lines that fit; read again every second while `live`. */
export function useTail(search: LogSearch, live: boolean) {
  return useQuery({
    queryKey: ["system-logs", search],
    queryFn: () =>
      ask(
        getSystemLogs({
          query: { level: search.level, category: search.category, search: search.text, limit: 1000 },
        }),
      ),
    refetchInterval: live ? EVERY_MS : false,
  });
}
