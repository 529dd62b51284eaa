import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { ApiError } from "@/lib/api-error";
import { ErrorState } from "./error-state";
import { PageHeader } from "./page-header";

/** What a route shows when its data could not be had, or when the page itself broke. */
export function RouteError({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const missing = error instanceof ApiError && error.status === 404;
  const retry = () => {
    reset();
    void router.invalidate();
  };
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
