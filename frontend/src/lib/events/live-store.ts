import { useSyncExternalStore } from "react";
import type { SocketState } from "../live-socket";

let state: SocketState = "connecting";
const listeners = new Set<() => void>();

export function setLiveState(next: SocketState) {
  if (next === state) return;
  state = next;
  for (const listener of listeners) listener();
}

/** Whether live updates come in now. */
export function useLiveState(): SocketState {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => state,
  );
}
