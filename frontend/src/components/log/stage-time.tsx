import { Elapsed } from "@/components/run/elapsed";
import { formatDuration, formatRate } from "@/lib/format";
import { type Stage, stageDuration, stageRate } from "./stages";

interface StageTimeProps {
  stage: Stage;
  /** Bytes a second now, for the stage that goes on. */
  rate?: number | null;
}

/** "1 m 58 s · 29.4 MiB/s": how long a stage took, or takes so far, and how fast it was. */
export function StageTime({ stage, rate }: StageTimeProps) {
  if (stage.outcome) return null;
  const speed = stage.endedAt ? stageRate(stage) : rate;
  return (
    <span className="whitespace-nowrap font-normal text-ink-soft tabular-nums">
      {stage.endedAt ? formatDuration(stageDuration(stage)) : <Elapsed since={stage.startedAt} />}
      {speed ? ` · ${formatRate(speed)}` : null}
    </span>
  );
}
