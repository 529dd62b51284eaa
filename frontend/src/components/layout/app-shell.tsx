import { useRouterState } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef } from "react";
import { AccessBanner } from "./access-banner";
import { BottomBar } from "./bottom-bar";
import { KeyBanner } from "./key-banner";
import { LiveBanner } from "./live-banner";
import { Sidebar } from "./sidebar";
import { TopBar } from "./top-bar";

/** Sidebar on the desk, bars above and below on the phone, and what must be said on every page. */
export function AppShell({ children }: { children: ReactNode }) {
  const main = useRef<HTMLElement>(null);
  const pathname = useRouterState({ select: (state) => state.location.pathname });
  const shown = useRef(pathname);

  // A new page starts at its top for a keyboard and a screen reader, too.
  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    main.current?.focus({ preventScroll: true });
  }, [pathname]);

  return (
    <div className="flex min-h-dvh">
      <a
        href="#main"
        className="sr-only z-50 rounded-md bg-accent px-3 py-2 font-semibold text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to the content
      </a>
      <Sidebar />
      <div className="flex min-w-0 flex-1 flex-col">
        <TopBar />
        <AccessBanner />
        <KeyBanner />
        <LiveBanner />
        <main
          ref={main}
          id="main"
          tabIndex={-1}
          className="mx-auto w-full max-w-6xl flex-1 px-4 pt-5 pb-28 outline-none md:px-8 md:pt-8 md:pb-16"
        >
          {children}
        </main>
        <BottomBar />
      </div>
    </div>
  );
}
