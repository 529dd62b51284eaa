import { useSyncExternalStore } from "react";

/** One clock for each pace: fifty times in a list tick together, and as one. */
class Clock {
  now = new Date();
  #every: number;
  #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(every: number) {
    this.#every = every;
  }

  readonly subscribe = (listener: () => void) => {
    if (this.#listeners.size === 0) this.#start();
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) clearInterval(this.#timer);
    };
  };

  readonly read = () => this.now;

  #start() {
    this.#tick();
    this.#timer = setInterval(() => this.#tick(), this.#every);
  }

  #tick() {
    this.now = new Date();
    for (const listener of this.#listeners) listener();
  }
}

const clocks = new Map<number, Clock>();

function clockOf(every: number): Clock {
  const known = clocks.get(every) ?? new Clock(every);
  clocks.set(every, known);
  return known;
}

/** The time, refreshed every `every` milliseconds; one tick re-renders the caller. */
export function useNow(every = 30_000): Date {
  const clock = clockOf(every);
  return useSyncExternalStore(clock.subscribe, clock.read);
}
