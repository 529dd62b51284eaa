import { type ReactNode, useId } from "react";
import { cn } from "@/lib/cn";

interface SectionProps {
  title: string;
  /** At the right of the title. */
  aside?: ReactNode;
  /** Without padding, for tables and lists that rule their own rows. */
  flush?: boolean;
  className?: string;
  children: ReactNode;
}

export function Section({ title, aside, flush, className, children }: SectionProps) {
  const id = useId();
  return (
    <section aria-labelledby={id} className={cn("panel min-w-0", className)}>
      <header className="flex min-h-11 flex-wrap items-center justify-between gap-x-4 gap-y-1 border-b px-4 py-2">
        <h2 id={id} className="font-bold">
          {title}
        </h2>
        {aside}
      </header>
      <div className={flush ? "" : "px-4 py-3"}>{children}</div>
    </section>
  );
}
