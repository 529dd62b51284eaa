import type { QueryClient, QueryKey } from "@tanstack/react-query";

/** Takes back what was shown early. */
export type Undo = () => void;

/**
 * Shows a change of one record at once, wherever it is held below a key: alone, in a list or in a page of one.
 * The server has not agreed yet: on a refusal call what is returned.
 */
export async function showEarly<Item extends { id: string }>(
  queries: QueryClient,
  queryKey: QueryKey,
  id: string,
  change: Partial<Item>,
): Promise<Undo> {
  await queries.cancelQueries({ queryKey });
  const before = queries.getQueriesData({ queryKey });
  const alter = (item: Item): Item => (item.id === id ? { ...item, ...change } : item);
  queries.setQueriesData<unknown>({ queryKey }, (held: unknown) => {
    if (Array.isArray(held)) return held.map(alter);
    if (isRecord(held) && Array.isArray(held.items)) return { ...held, items: held.items.map(alter) };
    return isRecord(held) && held.id === id ? { ...held, ...change } : held;
  });
  return () => {
    for (const [key, data] of before) queries.setQueryData(key, data);
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
