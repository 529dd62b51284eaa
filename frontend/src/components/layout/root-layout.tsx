import { Outlet, useRouterState } from "@tanstack/react-router";
import { isAtTheDoor } from "@/lib/access";
import { useLiveEvents } from "@/lib/events/use-live-events";
import { AppShell } from "./app-shell";
import { AppToaster } from "./app-toaster";

export function RootLayout() {
  const atTheDoor = useRouterState({ select: (state) => isAtTheDoor(state.location.pathname) });
  return (
    <>
      {atTheDoor ? <Outlet /> : <Inside />}
      <AppToaster />
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
