import { cn } from "@/lib/cn";

/** The mark: a database with an arrow that comes back. */
export function BrandMark({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 24 24" aria-hidden className={cn("size-6 shrink-0 text-accent", className)}>
      <g fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" strokeLinejoin="round">
        <ellipse cx="11" cy="5" rx="7.500" ry="3" />
        <path d="M3.500 5v13c0 1.500 2.700 2.700 6.200 3" />
        <path d="M18.500 5v4" />
        <path d="M3.500 11.500c0 1.300 2 2.400 4.800 2.800" />
        <path d="M21 13.500a4.800 4.800 0 1 0 .8 4.700" />
        <path d="M21.500 11v3h-3" />
      </g>
    </svg>
  );
}
