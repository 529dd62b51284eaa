import { Progress } from "@base-ui/react/progress";
import { cn } from "@/lib/cn";

interface ProgressBarProps {
  /** 0 to 1, or null where the end is not known. */
  value: number | null;
  label: string;
  tone?: "accent" | "ok" | "bad";
  className?: string;
}

export function ProgressBar({ value, label, tone = "accent", className }: ProgressBarProps) {
  const percent = value === null ? null : Math.min(100, Math.max(0, value * 100));
  return (
    <Progress.Root value={percent} aria-label={label} className={className}>
      <Progress.Track className="relative h-1.5 overflow-hidden rounded-full bg-line">
        <Progress.Indicator
          className={cn(
            "h-full rounded-full transition-[width] duration-300",
            { accent: "bg-accent", ok: "bg-ok", bad: "bg-bad" }[tone],
            percent === null && "w-1/3 animate-sweep",
          )}
        />
      </Progress.Track>
    </Progress.Root>
  );
}
