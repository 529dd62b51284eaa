import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { addDiscoveredDatabases, type DiscoveredServerInput, discoverDatabases } from "@/client";
import { ask } from "@/lib/api";
import { keys } from "@/lib/queries";

/** Looking around takes seconds and signs in to every server found: only when the page is opened, or told to. */
export const discoveryQuery = () =>
  queryOptions({
    queryKey: keys.discovery,
    queryFn: () => ask(discoverDatabases()),
    staleTime: 60_000,
    meta: { onDemand: true },
    refetchOnWindowFocus: false,
  });

export function useAddDiscovered() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (servers: DiscoveredServerInput[]) => ask(addDiscoveredDatabases({ body: { servers } })),
    onSuccess: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: keys.databases }),
        queries.invalidateQueries({ queryKey: keys.discovery }),
      ]),
  });
}
