import { Outlet, useRouterState } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { isAtTheDoor } from "@/lib/access";
import { useLiveEvents } from "@/lib/events/use-live-events";
import { loadAgain } from "@/lib/load-again";
import { useTheme } from "@/lib/theme";
import { AppShell } from "./app-shell";

// What draws toasts is as large as a page of its own, and none comes with the first paint.
const AppToaster = lazy(() => loadAgain(() => import("./app-toaster")));

export function RootLayout() {
  const atTheDoor = useRouterState({ select: (state) => isAtTheDoor(state.location.pathname) });
  const { resolved } = useTheme();
  return (
    <>
      {atTheDoor ? <Outlet /> : <Inside />}
      <Suspense>
        <AppToaster theme={resolved} />
      </Suspense>
    </>
  );
}

function Inside() {
  useLiveEvents();
  return (
    <AppShell>
      <Outlet />
    </AppShell>
  );
}
