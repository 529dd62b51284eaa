import { Outlet } from "@tanstack/react-router";
import { useLiveEvents } from "@/lib/events/use-live-events";
import { AppShell } from "./app-shell";
import { AppToaster } from "./app-toaster";

export function RootLayout() {
  useLiveEvents();
  return (
    <>
      <AppShell>
        <Outlet />
      </AppShell>
      <AppToaster />
    </>
  );
}
