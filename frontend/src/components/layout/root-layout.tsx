import { Tooltip } from "@base-ui/react/tooltip";
import { Outlet } from "@tanstack/react-router";
import { useLiveEvents } from "@/lib/events/use-live-events";
import { AppShell } from "./app-shell";
import { AppToaster } from "./app-toaster";

export function RootLayout() {
  useLiveEvents();
  return (
    <Tooltip.Provider>
      <AppShell>
        <Outlet />
      </AppShell>
      <AppToaster />
    </Tooltip.Provider>
  );
}
