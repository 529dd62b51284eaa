import { createFileRoute, useRouter } from "@tanstack/react-router";
import { useCallback } from "react";
import { SignInPage } from "@/features/access/components/sign-in-page";
import { parseNext } from "@/lib/access";

export const Route = createFileRoute("/sign-in")({
  validateSearch: (search: Record<string, unknown>): { next?: string } => ({ next: parseNext(search.next) }),
  component: SignIn,
});

function SignIn() {
  const { next } = Route.useSearch();
  const router = useRouter();
  const enter = useCallback(() => void router.navigate({ href: next ?? "/", replace: true }), [router, next]);
  const setUp = useCallback(
    () => void router.navigate({ to: "/first-steps", search: {}, replace: true }),
    [router],
  );
  return <SignInPage onEntered={enter} onMade={setUp} next={next} />;
}
