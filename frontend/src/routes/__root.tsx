import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, redirect } from "@tanstack/react-router";
import { RootLayout } from "@/components/layout/root-layout";
import { isAtTheDoor, isSignedOut, meQuery, parseNext, SIGN_IN } from "@/lib/access";
import { encryptionKeysQuery } from "@/lib/queries";
import { ready } from "@/lib/ready";

export const Route = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  beforeLoad: async ({ context, location }) => {
    if (isAtTheDoor(location.pathname)) return;
    // A banner that comes later would push the page down.
    const banner = ready(context.queryClient, encryptionKeysQuery());
    try {
      await context.queryClient.ensureQueryData(meQuery());
    } catch (error) {
      if (isSignedOut(error)) throw redirect({ to: SIGN_IN, search: { next: parseNext(location.href) } });
      // The server does not answer: each page says so itself.
    }
    await banner;
  },
  component: RootLayout,
});
