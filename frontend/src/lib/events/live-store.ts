import { useSyncExternalStore } from "react";
import type { SocketState } from "../live-socket";

/** `polling`: the live connection is down but the server answers, so it is asked every few seconds. */
export type LiveState = SocketState | "polling";

let state: LiveState = "connecting";
const listeners = new Set<() => void>();

export function setLiveState(next: LiveState) {
  if (next === state) return;
  state = next;
  for (const listener of listeners) listener();
}

/** How updates come in now. */
export function useLiveState(): LiveState {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => state,
  );
}
