import { CircleCheck, CircleX, LoaderCircle, RotateCw, TriangleAlert } from "lucide-react";
import type { FindingView, Preflight } from "@/client";
import { EngineLabel } from "@/components/engine/engine-label";
import { Button } from "@/components/ui/button";
import { Fact, Facts } from "@/components/ui/facts";
import { Notice } from "@/components/ui/notice";
import { Skeleton } from "@/components/ui/skeleton";
import { Time } from "@/components/ui/time";
import { ApiError, describeError } from "@/lib/api-error";
import { cn } from "@/lib/cn";
import { formatBytes, formatCount, formatDuration } from "@/lib/format";

interface PreflightPanelProps {
  preflight: Preflight | undefined;
  error: unknown;
  pending: boolean;
  onRetry: () => void;
}

/** What stands in the way of the restore, looked up on the real server without changing it. */
export function PreflightPanel({ preflight, error, pending, onRetry }: PreflightPanelProps) {
  return (
    <section aria-label="Preflight" aria-busy={pending} className="panel lg:sticky lg:top-6">
      <header className="flex min-h-11 items-center justify-between border-b px-4 py-2">
        <h2 className="font-bold">Preflight</h2>
        {pending ? <LoaderCircle className="size-4 animate-spin text-accent" aria-hidden /> : null}
      </header>
      <div className="p-4">
        <p id="preflight-verdict" aria-live="polite" className="sr-only">
          {verdict(preflight, error, pending)}
        </p>
        {error ? (
          <Notice
            tone="bad"
            title="This can't be checked"
            actions={
              // What the API understood and refused is mended in the form, not by asking again.
              error instanceof ApiError && error.status === 400 ? undefined : (
                <Button size="sm" onClick={onRetry}>
                  <RotateCw aria-hidden />
                  Check again
                </Button>
              )
            }
          >
            {describeError(error)}
          </Notice>
        ) : preflight ? (
          <Result preflight={preflight} stale={pending} />
        ) : (
          <div className="space-y-3">
            <Skeleton className="h-5 w-3/4" />
            <Skeleton className="h-5 w-5/6" />
            <Skeleton className="h-5 w-2/3" />
          </div>
        )}
      </div>
    </section>
  );
}

function verdict(preflight: Preflight | undefined, error: unknown, pending: boolean): string {
  if (pending) return "Checking.";
  if (error) return describeError(error);
  if (!preflight) return "Not checked yet.";
  return preflight.ok ? "The restore can start." : "Something stands in the way, see the preflight.";
}

function Result({ preflight, stale }: { preflight: Preflight; stale: boolean }) {
  return (
    <div className={cn("space-y-2 transition-opacity", stale && "opacity-50")}>
      <Facts className="-mt-2">
        <Fact name="Backup of">{preflight.sourceName}</Fact>
        <Fact name="Made">
          <Time value={preflight.backupCompletedAt} />
        </Fact>
        <Fact name="From">
          <EngineLabel type={preflight.sourceEngine} version={preflight.sourceVersion} />
        </Fact>
        <Fact name="Database was">
          {formatBytes(preflight.sourceSize)}, {formatCount(preflight.tables)}{" "}
          {preflight.tables === 1 ? "table" : "tables"}
        </Fact>
        <Fact name="To read">{formatBytes(preflight.storedSize)}</Fact>
        {preflight.estimatedSeconds === null ? null : (
          <Fact name="Expected time">
            {`about ${formatDuration(preflight.estimatedSeconds * 1000)}, going by ${formatCount(
              preflight.estimatedFrom,
            )} earlier ${preflight.estimatedFrom === 1 ? "restore" : "restores"}`}
          </Fact>
        )}
      </Facts>
      <ul className="space-y-2.5 border-t border-line-strong pt-4">
        {[...preflight.findings]
          .sort((a, b) => rank(b) - rank(a))
          .map((finding) => (
            <FindingRow key={`${finding.code}-${finding.message}`} finding={finding} />
          ))}
      </ul>
    </div>
  );
}

const RANK: Record<string, number> = { ok: 0, warning: 1, error: 2 };
const rank = (finding: FindingView) => RANK[finding.level] ?? 1;
const LOOKS = {
  ok: { icon: CircleCheck, ink: "text-ok", word: "OK: " },
  warning: { icon: TriangleAlert, ink: "text-warn", word: "Warning: " },
  error: { icon: CircleX, ink: "text-bad", word: "In the way: " },
};

function FindingRow({ finding }: { finding: FindingView }) {
  const look = LOOKS[finding.level as keyof typeof LOOKS] ?? LOOKS.warning;
  return (
    <li
      className={cn(
        "flex gap-2.5",
        finding.level === "error" && "-mx-2 rounded-md border border-bad/35 bg-bad-soft px-2 py-1.5",
      )}
    >
      <look.icon className={cn("mt-0.5 size-4 shrink-0", look.ink)} aria-hidden />
      <p className={cn("min-w-0 break-words", finding.level === "ok" ? "text-ink-soft" : "text-ink")}>
        <span className="sr-only">{look.word}</span>
        {finding.message}
      </p>
    </li>
  );
}
