import type { ReactNode } from "react";
import { cn } from "@/lib/cn";

/** Names and values in ruled rows. A fact without a value is left out by the caller. */
export function Facts({ children, className }: { children: ReactNode; className?: string }) {
  return <dl className={cn("divide-y divide-line", className)}>{children}</dl>;
}

interface FactProps {
  name: string;
  children: ReactNode;
  mono?: boolean;
}

export function Fact({ name, children, mono }: FactProps) {
  return (
    <div className="grid grid-cols-[minmax(7.5rem,30%)_1fr] items-baseline gap-x-4 py-2">
      <dt className="text-sm text-ink-faint">{name}</dt>
      <dd className={cn("min-w-0 break-words", mono && "break-all font-mono text-sm")}>{children}</dd>
    </div>
  );
}
