import { Link } from "@tanstack/react-router";
import { cn } from "@/lib/cn";
import type { NavItem } from "./nav-items";
import { SideLabel } from "./side-label";

interface NavListProps {
  items: NavItem[];
  narrow: boolean;
}

export function NavList({ items, narrow }: NavListProps) {
  return (
    <ul className="space-y-0.5">
      {items.map((item) => (
        <li key={item.to}>
          <Link
            to={item.to}
            activeOptions={{ exact: item.to === "/" }}
            className={cn(
              "group relative flex h-9 items-center gap-3 rounded-md border border-transparent font-semibold text-ink-soft hover:text-ink",
              "aria-[current=page]:border-line aria-[current=page]:bg-surface aria-[current=page]:text-ink aria-[current=page]:[&_svg]:text-accent",
              narrow ? "justify-center" : "px-2.5",
            )}
          >
            <item.icon className="size-4.5" aria-hidden />
            <SideLabel narrow={narrow}>{item.label}</SideLabel>
          </Link>
        </li>
      ))}
    </ul>
  );
}
