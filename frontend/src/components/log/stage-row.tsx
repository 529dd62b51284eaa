import { ChevronRight } from "lucide-react";
import { cn } from "@/lib/cn";
import { formatCount } from "@/lib/format";
import { StageIcon } from "./stage-icon";
import { StageTime } from "./stage-time";
import type { Stage } from "./stages";

interface StageRowProps {
  stage: Stage;
  rate?: number | null;
  onToggle: (key: number) => void;
}

/** The heading of a stage: folds its lines away. */
export function StageRow({ stage, rate, onToggle }: StageRowProps) {
  return (
    <button
      type="button"
      aria-expanded={stage.open}
      onClick={() => onToggle(stage.key)}
      className="flex w-full items-center gap-2 border-t bg-surface px-3 py-1.5 text-left font-sans text-sm font-semibold hover:bg-bg focus-visible:outline-offset-[-2px]"
    >
      <ChevronRight
        className={cn("size-4 shrink-0 text-ink-faint transition-transform", stage.open && "rotate-90")}
        aria-hidden
      />
      <StageIcon stage={stage} />
      <span className="min-w-0 truncate">{stage.name}</span>
      <span className="ml-auto flex items-center gap-3">
        {stage.open ? null : (
          <span className="font-normal text-ink-faint max-sm:hidden">
            {formatCount(stage.shown)} {stage.shown === 1 ? "line" : "lines"}
          </span>
        )}
        <StageTime stage={stage} rate={rate} />
      </span>
    </button>
  );
}
