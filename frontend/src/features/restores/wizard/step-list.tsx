import { Check } from "lucide-react";
import { cn } from "@/lib/cn";
import { STEPS, type WizardStep } from "./plan";

const ALL = [...STEPS, { id: "progress", label: "Progress" }];

export function StepList({ current }: { current: WizardStep }) {
  const at = ALL.findIndex((step) => step.id === current);
  return (
    <ol aria-label="Steps" className="mb-6 flex items-center gap-2 sm:gap-3">
      {ALL.map((step, index) => {
        const done = index < at;
        const here = index === at;
        return (
          <li
            key={step.id}
            aria-current={here ? "step" : undefined}
            className={cn(
              "flex items-center gap-2 font-semibold",
              index > 0 && "before:h-px before:w-4 before:bg-line-strong sm:before:w-8",
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
            <span className={here ? "" : "max-sm:sr-only"}>{step.label}</span>
          </li>
        );
      })}
    </ol>
  );
}
