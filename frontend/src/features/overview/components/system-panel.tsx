import { CircleCheck, CircleX, TriangleAlert } from "lucide-react";
import type { SystemStatus } from "@/client";
import { ProgressBar } from "@/components/ui/progress-bar";
import { Section } from "@/components/ui/section";
import { formatBytes, formatDuration } from "@/lib/format";
import { diskUse, isTight } from "../disk";

/** Whether the program itself is well: its parts, its disk, its queue. */
export function SystemPanel({ status }: { status: SystemStatus | undefined }) {
  return (
    <Section title="System health" flush aside={status ? <Word status={status} /> : null}>
      {status ? (
        <Parts status={status} />
      ) : (
        <p className="px-4 py-3 text-ink-soft">The server was not asked yet.</p>
      )}
    </Section>
  );
}

function Word({ status }: { status: SystemStatus }) {
  const well = status.health.checks.every((check) => check.ok);
  const Icon = well ? CircleCheck : TriangleAlert;
  return (
    <span className="flex items-center gap-1.5 text-sm font-semibold">
      <Icon className={well ? "size-4 text-ok" : "size-4 text-warn"} aria-hidden />
      {well ? "Healthy" : "Not well"}
    </span>
  );
}

function Parts({ status }: { status: SystemStatus }) {
  const used = diskUse(status.localStorage);
  const { total, free } = status.localStorage;
  return (
    <>
      <ul className="divide-y divide-line">
        {status.health.checks.map((check) => (
          <li key={check.name} className="flex items-baseline gap-2.5 px-4 py-2">
            {check.ok ? (
              <CircleCheck className="size-4 shrink-0 translate-y-0.5 text-ok" aria-label="Well:" />
            ) : (
              <CircleX className="size-4 shrink-0 translate-y-0.5 text-bad" aria-label="Not well:" />
            )}
            <span className="min-w-0 flex-1">
              <span className="inline-block font-semibold first-letter:uppercase">
                {check.name.replace(":", " ")}
              </span>
              <span className="ml-2 break-words text-sm text-ink-soft">{check.message}</span>
            </span>
          </li>
        ))}
      </ul>
      <div className="border-t px-4 py-3">
        {used === null ? null : (
          <>
            <p className="mb-1.5 flex justify-between gap-4 text-sm">
              <span className="font-semibold">Disk of the backups</span>
              <span className="text-ink-soft">
                {formatBytes(free)} free of {formatBytes(total)}
              </span>
            </p>
            <ProgressBar value={used} label="Disk in use" tone={isTight(used) ? "bad" : "accent"} />
          </>
        )}
        <p className="mt-2 text-sm text-ink-soft">
          {queueText(status)} · up for {formatDuration(status.uptimeSeconds * 1000)} · version{" "}
          {status.version}
        </p>
      </div>
    </>
  );
}

function queueText({ running, queued }: SystemStatus): string {
  if (running + queued === 0) return "Nothing runs";
  return queued > 0 ? `${running} running, ${queued} waiting` : `${running} running`;
}
