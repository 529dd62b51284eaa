import type { QueryClient, QueryKey } from "@tanstack/react-query";

const PAUSE_MS = 120;

/**
 * Reads again what events say has changed. A cleanup that deletes five hundred backups says so five hundred
 * times: what is asked for together is read once, and the next round begins when the last one has come.
 */
export class Refresher {
  #queries: QueryClient;
  #wanted = new Map<string, QueryKey>();
  #running = false;

  constructor(queries: QueryClient) {
    this.#queries = queries;
  }

  want(...queryKeys: QueryKey[]) {
    for (const queryKey of queryKeys) this.#wanted.set(JSON.stringify(queryKey), queryKey);
    if (!this.#running) void this.#run();
  }

  async #run() {
    this.#running = true;
    while (this.#wanted.size > 0) {
      await new Promise((resume) => setTimeout(resume, PAUSE_MS));
      const round = [...this.#wanted.values()];
      this.#wanted.clear();
      await Promise.allSettled(round.map((queryKey) => this.#queries.invalidateQueries({ queryKey })));
    }
    this.#running = false;
  }
}

const refreshers = new WeakMap<QueryClient, Refresher>();

/** The one refresher of a query client. */
export function refresherOf(queries: QueryClient): Refresher {
  const known = refreshers.get(queries) ?? new Refresher(queries);
  refreshers.set(queries, known);
  return known;
}
