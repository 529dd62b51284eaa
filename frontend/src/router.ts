import type { QueryClient } from "@tanstack/react-query";
import { createRouter, type RouterHistory } from "@tanstack/react-router";
import { NotFound } from "./components/layout/not-found";
import { PagePending } from "./components/layout/page-pending";
import { RouteError } from "./components/layout/route-error";
import { isAtTheDoor, parseNext, SIGN_IN, watchSignedOut } from "./lib/access";
import { routeTree } from "./routeTree.gen";

export function createAppRouter(queryClient: QueryClient, history?: RouterHistory) {
  const router = createRouter({
    routeTree,
    history,
    context: { queryClient },
    defaultPreload: "intent",
    defaultPreloadStaleTime: 0,
    defaultErrorComponent: RouteError,
    defaultNotFoundComponent: NotFound,
    defaultPendingComponent: PagePending,
    defaultPendingMs: 300,
    // What is there is shown at once; the router would show the grey boxes for half a second at least.
    defaultPendingMinMs: 0,
    scrollRestoration: true,
  });
  watchSignedOut(queryClient, () => {
    const { pathname, href } = router.state.location;
    if (isAtTheDoor(pathname)) return;
    void router.navigate({ to: SIGN_IN, search: { next: parseNext(href) } });
  });
  return router;
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
