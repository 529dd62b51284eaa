import { Link, type LinkProps } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { SystemStatistics, SystemStatus } from "@/client";
import { cn } from "@/lib/cn";
import { formatBytes, formatCount } from "@/lib/format";
import { diskUse, isTight } from "../disk";

interface FiguresProps {
  stats: SystemStatistics;
  status: SystemStatus | undefined;
}

/** The few numbers that say whether all is well; each leads to what it counts. */
export function Figures({ stats, status }: FiguresProps) {
  const ended = stats.completed24h + stats.failed24h;
  const used = status ? diskUse(status.localStorage) : null;
  return (
    <dl className="grid grid-cols-2 gap-3 sm:grid-cols-6 lg:grid-cols-5">
      <Card name="Backups" link={{ to: "/backups", search: {} }} note="that can be restored">
        {formatCount(stats.backups)}
      </Card>
      <Card
        name="Last 24 hours"
        link={{ to: "/backups", search: { status: "completed" } }}
        note={
          ended === 0 ? "no backup ended" : `${Math.round((stats.completed24h / ended) * 100)} % completed`
        }
      >
        {formatCount(stats.completed24h)}
      </Card>
      <Card
        name="Failed in 24 hours"
        link={{ to: "/backups", search: { status: "failed" } }}
        note={stats.failed24h > 0 ? "see why" : "none"}
        tone={stats.failed24h > 0 ? "text-bad" : undefined}
      >
        {formatCount(stats.failed24h)}
      </Card>
      <Card
        name="Stored"
        link={{ to: "/s3-configs" }}
        note={used === null ? "\u00a0" : `disk ${Math.round(used * 100)} % full`}
        noteTone={used !== null && isTight(used) ? "text-warn" : undefined}
      >
        {formatBytes(stats.storedLocal + stats.storedS3)}
      </Card>
      <Card name="Proven restorable" link={{ to: "/databases", search: {} }} note="of the databases" last>
        {stats.proven} of {stats.databases}
      </Card>
    </dl>
  );
}

interface CardProps {
  name: string;
  link: LinkProps;
  note: string;
  tone?: string;
  noteTone?: string;
  /** It has the row to itself where two stand side by side. */
  last?: boolean;
  children: ReactNode;
}

function Card({ name, link, note, tone, noteTone, last, children }: CardProps) {
  return (
    <div
      className={cn(
        "panel relative min-w-0 px-4 py-3 hover:border-line-strong",
        last ? "max-sm:col-span-2 sm:col-span-3 lg:col-span-1" : "sm:col-span-2 lg:col-span-1",
        // Three and two in a row of six.
        !last && name === "Stored" && "sm:col-span-3 lg:col-span-1",
      )}
    >
      <dt className="caption">{name}</dt>
      <dd className={cn("truncate text-lg font-bold", tone)}>
        <Link {...link} className="rounded-sm after:absolute after:inset-0 after:rounded-lg">
          {children} <span className="sr-only">{name}</span>
        </Link>
      </dd>
      <dd className={cn("truncate text-sm text-ink-soft", noteTone)}>{note}</dd>
    </div>
  );
}
