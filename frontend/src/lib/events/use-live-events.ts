import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { EventMessage } from "@/client";
import { meQuery } from "../access";
import { LiveSocket } from "../live-socket";
import { applyEvent } from "./apply-event";
import { setLiveState } from "./live-store";

/** Keeps the page live. Used once, at the root. */
export function useLiveEvents() {
  const queries = useQueryClient();
  useEffect(() => {
    let wasOpen = false;
    const socket = new LiveSocket({
      path: () => "/api/ws/events",
      onMessage: (message) => applyEvent(queries, message as EventMessage),
      // Asking who one is gets a 401, and that leads to the sign-in.
      onSignedOut: () => void queries.invalidateQueries(meQuery()),
      onState: (state) => {
        setLiveState(state);
        if (state !== "open") return;
        // What happened while the line was down came to nobody: read everything again.
        if (wasOpen) void queries.invalidateQueries();
        wasOpen = true;
      },
    });
    return () => socket.close();
  }, [queries]);
}
