import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, redirect } from "@tanstack/react-router";
import { RootLayout } from "@/components/layout/root-layout";
import { isAtTheDoor, isSignedOut, meQuery, parseNext, SIGN_IN } from "@/lib/access";

export const Route = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  beforeLoad: async ({ context, location }) => {
    if (isAtTheDoor(location.pathname)) return;
    try {
      await context.queryClient.ensureQueryData(meQuery());
    } catch (error) {
      if (isSignedOut(error)) throw redirect({ to: SIGN_IN, search: { next: parseNext(location.href) } });
      // The server does not answer: each page says so itself.
    }
  },
  component: RootLayout,
});
