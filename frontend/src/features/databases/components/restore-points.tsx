import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { RotateCcw } from "lucide-react";
import { useState } from "react";
import type { BackupView } from "@/client";
import { Allowed } from "@/components/access/allowed";
import { Timeline } from "@/components/charts/timeline";
import { typeLabel } from "@/components/run/run-state";
import { buttonClass } from "@/components/ui/button-class";
import { Section } from "@/components/ui/section";
import { Skeleton } from "@/components/ui/skeleton";
import { formatBytes, formatCount, formatDateTime, formatRelative } from "@/lib/format";
import { restorePointsQuery } from "@/lib/queries";
import { useNow } from "@/lib/use-now";

const PROVEN_LEVEL = 3;

const LOOKS = {
  proven: "top-2 h-12 before:w-1 before:bg-ok",
  good: "top-5 h-9 before:w-1 before:bg-accent",
  damaged: "top-14.5 h-7 before:w-0.5 before:bg-bad",
};
const WORDS = {
  proven: "proven: it was restored on trial",
  good: "good: read to its end, not restored on trial",
  damaged: "damaged",
};

/** To which moments the database can be brought back, on a timeline; one is chosen and restored. */
export function RestorePoints({ databaseId }: { databaseId: string }) {
  const [chosen, setChosen] = useState("");
  const now = useNow();
  const points = useQuery(restorePointsQuery(databaseId));
  const items = points.data?.items ?? [];
  const active = items.find((backup) => backup.id === chosen) ?? items[0];
  if (points.isPending) {
    return (
      <Section title="Restore points">
        <div role="status" aria-label="Loading the restore points">
          <Skeleton className="h-52" />
        </div>
      </Section>
    );
  }
  // The list of the backups below says it when there is none, or when they can't be had.
  if (!active) return null;
  const total = points.data?.total ?? items.length;
  const oldest = items.at(-1) ?? active;
  return (
    <Section
      title="Restore points"
      aside={
        <span className="text-sm text-ink-soft">
          {formatCount(total)}
          {total === items.length ? `, the oldest of ${formatRelative(oldest.createdAt, now)}` : ""}
        </span>
      }
    >
      <Timeline
        marks={items.map((backup) => ({
          id: backup.id,
          at: backup.createdAt,
          label: `${formatDateTime(backup.createdAt)}, ${typeLabel(backup.type)}, ${formatBytes(backup.size)}, ${WORDS[kindOf(backup)]}`,
          look: LOOKS[kindOf(backup)],
        }))}
        now={now.toISOString()}
        label="Restore points on a timeline"
        active={active.id}
        onActive={setChosen}
      />
      <p className="caption mt-1.5 flex flex-wrap gap-x-4">
        <span>Tall: restored on trial</span>
        <span>Lower: read to its end</span>
        <span>Below the line: damaged</span>
        {total > items.length ? <span>The newest {formatCount(items.length)} are drawn</span> : null}
      </p>
      <div className="mt-3 flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <div className="min-w-0">
          <Link
            to="/backups/$id"
            params={{ id: active.id }}
            className="rounded-sm font-semibold underline-offset-3 hover:underline"
          >
            {formatDateTime(active.createdAt)}
          </Link>
          <p className="text-sm text-ink-soft">
            {active.label ?? typeLabel(active.type)} · {formatBytes(active.size)} · {WORDS[kindOf(active)]}
          </p>
        </div>
        <Allowed to="restore.execute">
          <Link to="/restore/new" search={{ backup: active.id }} className={buttonClass({ size: "sm" })}>
            <RotateCcw aria-hidden />
            Restore this one
          </Link>
        </Allowed>
      </div>
    </Section>
  );
}

function kindOf(backup: BackupView): keyof typeof LOOKS {
  if (backup.damage) return "damaged";
  return (backup.verifiedLevel ?? 0) >= PROVEN_LEVEL ? "proven" : "good";
}
