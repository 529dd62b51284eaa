import { createFileRoute, useRouter } from "@tanstack/react-router";
import { useCallback } from "react";
import type { OidcAnswerInput } from "@/client";
import { SignInCallback } from "@/features/access/components/sign-in-callback";

/** What the provider puts into the address; the router reads numbers as such, and a state may look like one. */
const text = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? String(value) : "";

export const Route = createFileRoute("/sign-in_/callback")({
  validateSearch: (search: Record<string, unknown>): OidcAnswerInput => ({
    state: text(search.state),
    code: text(search.code),
    error: text(search.error),
    ...(search.iss ? { iss: text(search.iss) } : {}),
  }),
  component: Callback,
});

function Callback() {
  const answer = Route.useSearch();
  const router = useRouter();
  const enter = useCallback(
    // In place of this entry: the code stays in no history.
    (next: string | undefined) => void router.navigate({ href: next ?? "/", replace: true }),
    [router],
  );
  return <SignInCallback answer={answer} onEntered={enter} />;
}
