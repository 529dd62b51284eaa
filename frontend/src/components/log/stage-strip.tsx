import { StageIcon } from "./stage-icon";
import { StageTime } from "./stage-time";
import type { Stage } from "./stages";

interface StageStripProps {
  stages: Stage[];
  rate?: number | null;
  /** Shows the beginning of a stage. */
  onOpen: (stage: Stage) => void;
}

/** The whole run in one line: what it did, one after the other, and how long each took. */
export function StageStrip({ stages, rate, onOpen }: StageStripProps) {
  return (
    <ol aria-label="Stages" className="flex gap-1 border-b px-2 py-1.5 max-sm:overflow-x-auto sm:flex-wrap">
      {stages.map((stage) => (
        <li key={stage.key} className="shrink-0">
          <button
            type="button"
            title={`Show where “${stage.name}” begins`}
            onClick={() => onOpen(stage)}
            className="flex h-8 items-center gap-1.5 rounded-md px-2 text-sm font-semibold hover:bg-sunken focus-visible:outline-offset-[-2px] pointer-coarse:h-10"
          >
            <StageIcon stage={stage} />
            {stage.name}
            <StageTime stage={stage} rate={rate} />
          </button>
        </li>
      ))}
    </ol>
  );
}
