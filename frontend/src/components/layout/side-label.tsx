import type { ReactNode } from "react";
import { cn } from "@/lib/cn";

interface SideLabelProps {
  narrow: boolean;
  children: ReactNode;
}

/** A sidebar entry's name: beside its icon, or in the narrow sidebar on a flag that appears on hover and focus. */
export function SideLabel({ narrow, children }: SideLabelProps) {
  return (
    <span
      className={cn(
        narrow &&
          "pointer-events-none absolute top-1/2 left-full z-40 ml-2 -translate-y-1/2 rounded-sm bg-ink px-2 py-1 text-sm font-semibold whitespace-nowrap text-bg opacity-0 shadow-float group-hover:opacity-100 group-focus-visible:opacity-100",
      )}
    >
      {children}
    </span>
  );
}
