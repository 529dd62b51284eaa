import { Link } from "@tanstack/react-router";
import { Pin } from "lucide-react";
import type { ReactNode } from "react";
import type { BackupView } from "@/client";
import { RunNote } from "@/components/run/run-note";
import { StatusBadge } from "@/components/run/status-badge";
import { Time } from "@/components/ui/time";
import { formatBytes, formatDuration } from "@/lib/format";
import { CopiesLine } from "./copies-line";

interface BackupCardProps {
  backup: BackupView;
  menu?: ReactNode;
}

/** A backup on the phone. */
export function BackupCard({ backup, menu }: BackupCardProps) {
  return (
    <div className="space-y-1.5">
      <div className="flex items-start justify-between gap-3">
        <Link to="/backups/$id" params={{ id: backup.id }} className="min-w-0 rounded-sm">
          <span className="flex items-center gap-1.5 font-semibold">
            <span className="truncate">{backup.databaseName}</span>
            {backup.pinned ? <Pin className="size-3.5 shrink-0 text-accent" aria-label="Pinned" /> : null}
          </span>
          <span className="text-sm text-ink-soft">
            <Time value={backup.createdAt} />
            {backup.scheduleName ? ` · ${backup.scheduleName}` : ""}
            {backup.label ? ` · ${backup.label}` : ""}
          </span>
          <RunNote backup={backup} />
        </Link>
        <span className="-my-1 flex items-center gap-1">
          <StatusBadge status={backup.status} queuePosition={backup.queuePosition} />
          {menu}
        </span>
      </div>
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 text-sm text-ink-soft">
        <CopiesLine copies={backup.copies} />
        <span>
          {formatBytes(backup.size)} ·{" "}
          {formatDuration(backup.duration === null ? null : backup.duration * 1000)}
        </span>
      </div>
    </div>
  );
}
