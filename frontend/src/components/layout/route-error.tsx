import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { ApiError } from "@/lib/api-error";
import { useLiveState } from "@/lib/events/live-store";
import { ErrorState } from "./error-state";
import { PageHeader } from "./page-header";

/** How the browsers say that a part of the page did not come: Chromium, Firefox, Safari. */
const NOT_LOADED = /dynamically imported module|Importing a module script failed/i;

/** What a route shows when its data could not be had, or when the page itself broke. */
export function RouteError({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const missing = error instanceof ApiError && error.status === 404;
  const retry = () => {
    // React keeps a part that did not come as one that never will.
    if (error instanceof Error && NOT_LOADED.test(error.message)) return window.location.reload();
    reset();
    void router.invalidate();
  };
  const live = useLiveState();
  const wasAway = useRef(false);
  const unreachable = error instanceof ApiError && error.code === "NETWORK";
  useEffect(() => {
    if (live === "offline") wasAway.current = true;
    else if (unreachable && wasAway.current && live !== "connecting") {
      reset();
      void router.invalidate();
    }
  }, [live, unreachable, reset, router]);
  return (
    <>
      <PageHeader title={missing ? "Not found" : "This page could not be shown"} />
      <ErrorState
        title={missing ? "It is not there (any more)" : "Loading failed"}
        error={error}
        onRetry={missing ? undefined : retry}
      />
    </>
  );
}
