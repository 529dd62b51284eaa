import { Check } from "lucide-react";
import { cn } from "@/lib/cn";

interface StepListProps {
  steps: readonly { id: string; label: string }[];
  current: string;
}

/** Where one is on a way of several steps. On the phone only the present one has its name shown. */
export function StepList({ steps, current }: StepListProps) {
  const at = steps.findIndex((step) => step.id === current);
  const few = steps.length <= 4;
  return (
    <ol aria-label="Steps" className="mb-6 flex items-center gap-2 sm:gap-3">
      {steps.map((step, index) => {
        const done = index < at;
        const here = index === at;
        return (
          <li
            key={step.id}
            aria-current={here ? "step" : undefined}
            className={cn(
              "flex items-center gap-2 font-semibold",
              index > 0 && "before:h-px before:bg-line-strong lg:before:w-8",
              index > 0 && (few ? "before:w-4 sm:before:w-8" : "before:w-2 sm:before:w-4"),
              here ? "text-ink" : done ? "text-ink-soft" : "text-ink-faint",
            )}
          >
            <span
              className={cn(
                "flex size-6 items-center justify-center rounded-full border text-sm",
                here && "border-accent bg-accent text-on-accent",
                done && "border-accent text-accent",
                !here && !done && "border-line-strong",
              )}
            >
              {done ? <Check className="size-3.5" strokeWidth={3} aria-label="Done:" /> : index + 1}
            </span>
            <span className={here ? "" : few ? "max-sm:sr-only" : "max-lg:sr-only"}>{step.label}</span>
          </li>
        );
      })}
    </ol>
  );
}
