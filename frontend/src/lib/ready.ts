import type { QueryClient } from "@tanstack/react-query";

/** So long a page waits for what it shows; then it comes as it is, and says itself that something is missing. */
const PATIENCE_MS = 800;

interface Readable {
  queryKey: readonly unknown[];
}

/**
 * For a route's loader: what the page shows is there before the page is, so that nothing is pushed about later.
 * What was read before is not waited for again. Never fails: the page itself says what could not be had.
 */
export async function ready<Queries extends Readable[]>(
  client: QueryClient,
  ...queries: Queries
): Promise<void> {
  const missing = queries.filter((query) => client.getQueryData(query.queryKey) === undefined);
  if (missing.length === 0) return;
  const read = Promise.all(missing.map((query) => client.prefetchQuery(query as never)));
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
  await Promise.race([read, late]);
}
