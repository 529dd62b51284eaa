import { CircleCheck, CircleX, LoaderCircle, TriangleAlert } from "lucide-react";
import type { Stage } from "./stages";

/** How a stage stands; in words for screen readers. */
export function StageIcon({ stage }: { stage: Stage }) {
  if (stage.errors > 0 || stage.outcome === "bad")
    return <CircleX className="size-3.5 shrink-0 text-bad" aria-label="Failed" />;
  if (!stage.endedAt && !stage.outcome)
    return <LoaderCircle className="size-3.5 shrink-0 animate-spin text-accent" aria-label="Going on" />;
  if (stage.warnings > 0)
    return <TriangleAlert className="size-3.5 shrink-0 text-warn" aria-label="With warnings" />;
  return <CircleCheck className="size-3.5 shrink-0 text-ok" aria-label="Done" />;
}
