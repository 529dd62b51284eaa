import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { EventMessage } from "@/client";
import { meQuery } from "../access";
import { LiveSocket } from "../live-socket";
import { applyEvent } from "./apply-event";
import { Fallback, isLive } from "./fallback";
import { setLiveState } from "./live-store";

/** Keeps the page live. Used once, at the root. */
export function useLiveEvents() {
  const queries = useQueryClient();
  useEffect(() => {
    let wasOpen = false;
    let polls = false;
    const fallback = new Fallback(queries);
    const socket = new LiveSocket({
      path: () => "/api/ws/events",
      onMessage: (message) => applyEvent(queries, message as EventMessage),
      // Asking who one is gets a 401, and that leads to the sign-in.
      onSignedOut: () => void queries.invalidateQueries(meQuery()),
      onState: (state) => {
        if (state === "offline") {
          // Each failed attempt says so again; while polling works, that is what there is to say.
          if (!polls) setLiveState("offline");
          polls = true;
          fallback.start();
          return;
        }
        polls = false;
        fallback.stop();
        setLiveState(state);
        if (state !== "open") return;
        readAgain(queries, wasOpen);
        wasOpen = true;
      },
    });
    return () => {
      fallback.stop();
      socket.close();
    };
  }, [queries]);
}

/** What happened while nobody listened came to nobody: what was read before is read again. */
function readAgain(queries: QueryClient, everything: boolean) {
  void queries.invalidateQueries({
    // At the first opening, what is still on its way is new enough.
    predicate: (query) => isLive(query) && (everything || query.state.fetchStatus === "idle"),
  });
}
