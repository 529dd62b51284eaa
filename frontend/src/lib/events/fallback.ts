import type { Query, QueryClient } from "@tanstack/react-query";
import { statusQuery } from "../queries";
import { setLiveState } from "./live-store";

const POLL_MS = 5_000;

/** Whether a read may be repeated by itself: not what looks around for seconds, or pages through a bucket. */
export const isLive = (query: Query): boolean => query.meta?.onDemand !== true;

/** While live events can't come (a proxy without WebSockets): asks for all that is shown, every few seconds. */
export class Fallback {
  #queries: QueryClient;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #on = false;

  constructor(queries: QueryClient) {
    this.#queries = queries;
  }

  start() {
    if (this.#on) return;
    this.#on = true;
    this.#wait();
  }

  stop() {
    this.#on = false;
    clearTimeout(this.#timer);
  }

  #wait() {
    this.#timer = setTimeout(() => void this.#poll(), POLL_MS);
  }

  async #poll() {
    let answers = true;
    try {
      await this.#queries.fetchQuery({ ...statusQuery(), staleTime: 0, retry: false });
    } catch {
      answers = false;
    }
    if (!this.#on) return;
    setLiveState(answers ? "polling" : "offline");
    if (answers)
      await this.#queries.invalidateQueries({
        predicate: (query) => isLive(query) && query.queryKey[0] !== "status",
      });
    if (this.#on) this.#wait();
  }
}
