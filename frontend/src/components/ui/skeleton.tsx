import { cn } from "@/lib/cn";

/** Stands where content will be. The page says "Loading" once, elsewhere; this is silent. */
export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden className={cn("animate-breathe rounded-md bg-line", className)} />;
}
