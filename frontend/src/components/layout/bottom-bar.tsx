import { Link } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { loadAgain } from "@/lib/load-again";
import { MoreLabel } from "./more-label";
import { DAILY_ITEMS } from "./nav-items";

// The menu brings what places it on the screen, which the first page can do without.
const NavMore = lazy(() => loadAgain(() => import("./nav-more")));

/** The phone's navigation, where the thumb is. */
export function BottomBar() {
  return (
    <nav
      aria-label="Main"
      className="fixed inset-x-0 bottom-0 z-30 border-t border-line-strong bg-sunken pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      <ul className="grid grid-cols-5">
        {DAILY_ITEMS.map((item) => (
          <li key={item.to}>
            <Link
              to={item.to}
              activeOptions={{ exact: item.to === "/" }}
              className="flex h-14 flex-col items-center justify-center gap-0.5 text-xs font-semibold text-ink-soft aria-[current=page]:text-accent"
            >
              <item.icon className="size-5" aria-hidden />
              {item.label}
            </Link>
          </li>
        ))}
        <li>
          <Suspense fallback={<MoreLabel />}>
            <NavMore />
          </Suspense>
        </li>
      </ul>
    </nav>
  );
}
