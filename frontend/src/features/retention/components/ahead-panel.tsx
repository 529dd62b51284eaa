import { useState } from "react";
import type { RetentionRules } from "@/client";
import { ErrorState } from "@/components/layout/error-state";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Select } from "@/components/ui/select";
import { Skeleton } from "@/components/ui/skeleton";
import { cn } from "@/lib/cn";
import { formatBytes } from "@/lib/format";
import { useDebounced } from "@/lib/use-debounced";
import { useLookAhead } from "../api";
import { plural } from "../summary";
import { AheadChart } from "./ahead-chart";
import { RetentionTimeline } from "./retention-timeline";

const SCHEDULES = {
  "0 * * * *": "Every hour",
  "0 2 * * *": "Every day at 02:00",
  "0 3 * * 0": "Every Sunday at 03:00",
  "0 4 1 * *": "Every month on the 1st",
};

interface AheadPanelProps {
  rules: RetentionRules | null;
  /** What one backup takes, in bytes. */
  size: number;
}

/** What the rules in the form would keep in the next twelve months of a schedule that is chosen here. */
export function AheadPanel({ rules, size }: AheadPanelProps) {
  const [choice, setChoice] = useState("0 * * * *");
  const [custom, setCustom] = useState("*/30 * * * *");
  const expression = useDebounced(choice === "custom" ? custom : choice);
  const ahead = useLookAhead(
    { policy: rules, cronExpression: expression, months: 12, size },
    rules !== null && expression.trim() !== "",
  );
  const found = ahead.data;
  return (
    <div className="space-y-4">
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="A backup is made">
          {(control) => (
            <Select {...control} value={choice} onChange={(event) => setChoice(event.target.value)}>
              {Object.entries(SCHEDULES).map(([cron, words]) => (
                <option key={cron} value={cron}>
                  {words}
                </option>
              ))}
              <option value="custom">By a cron expression</option>
            </Select>
          )}
        </Field>
        {choice === "custom" ? (
          <Field label="Cron expression">
            {(control) => (
              <Input
                {...control}
                value={custom}
                spellCheck={false}
                onChange={(event) => setCustom(event.target.value)}
              />
            )}
          </Field>
        ) : null}
      </div>
      {ahead.isError ? (
        <ErrorState
          title="This could not be looked ahead"
          error={ahead.error}
          onRetry={() => ahead.refetch()}
        />
      ) : !found ? (
        <div role="status" aria-label="Loading the next twelve months">
          <Skeleton className="h-40" />
        </div>
      ) : (
        <div className={cn("space-y-4", (ahead.isPlaceholderData || rules === null) && "opacity-60")}>
          <p aria-live="polite">
            In twelve months <strong>{plural(found.kept.length, "backup")}</strong> would be there
            {size > 0 ? (
              <>
                , <strong>{formatBytes(found.kept.length * size)}</strong> of about {formatBytes(size)} each
              </>
            ) : null}
            . At most there would be {plural(found.most, "backup")}.
          </p>
          <AheadChart simulation={found} />
          <RetentionTimeline
            marks={found.kept.map((kept) => ({ ...kept, id: kept.at, keep: true }))}
            now={found.end}
            label="What is there in twelve months, on a timeline"
          />
        </div>
      )}
    </div>
  );
}
