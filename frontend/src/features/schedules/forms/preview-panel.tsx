import { CalendarClock, TriangleAlert } from "lucide-react";
import type { SchedulePreview } from "@/client";
import { Section } from "@/components/ui/section";
import { formatInZone } from "../zone-time";

const SHOWN = 5;

interface PreviewPanelProps {
  preview: SchedulePreview | undefined;
  problem: string | undefined;
}

/** What the rhythm means: in words, as the next five runs, and what one might not expect of it. */
export function PreviewPanel({ preview, problem }: PreviewPanelProps) {
  return (
    <Section title="What it will do" className="lg:sticky lg:top-6">
      <div aria-live="polite" className="space-y-3">
        {problem ? (
          <p className="flex gap-2 text-bad">
            <TriangleAlert className="mt-0.5 size-4 shrink-0" aria-hidden />
            {problem}
          </p>
        ) : preview ? (
          <>
            <p className="flex gap-2 font-semibold">
              <CalendarClock className="mt-0.5 size-4 shrink-0 text-accent" aria-hidden />
              {preview.reading}
            </p>
            <div>
              <p className="caption">Next runs, {preview.timezone}</p>
              <ol className="mt-1 space-y-0.5 tabular-nums">
                {preview.nextRuns.slice(0, SHOWN).map((run) => (
                  <li key={run}>
                    <time dateTime={run}>{formatInZone(run, preview.timezone)}</time>
                  </li>
                ))}
              </ol>
            </div>
            {preview.warnings.length > 0 ? (
              <ul className="space-y-1.5 border-t pt-3 text-sm text-ink-soft">
                {preview.warnings.map((warning) => (
                  <li key={warning} className="flex gap-2">
                    <TriangleAlert className="mt-0.5 size-3.5 shrink-0 text-warn" aria-hidden />
                    {warning}
                  </li>
                ))}
              </ul>
            ) : null}
          </>
        ) : (
          <p className="text-ink-soft">Looking ahead…</p>
        )}
      </div>
    </Section>
  );
}
