import { cn } from "@/lib/cn";
import { engineOf } from "@/lib/engine";

/** Two letters that tell engines apart at a glance; the name always stands beside it. */
export function EngineMark({ type, className }: { type: string; className?: string }) {
  return (
    <span
      aria-hidden
      className={cn(
        "inline-flex size-5 shrink-0 items-center justify-center rounded-sm border border-line-strong bg-sunken font-mono text-xs font-bold text-ink-soft",
        className,
      )}
    >
      {engineOf(type)?.mark ?? type.slice(0, 2)}
    </span>
  );
}
