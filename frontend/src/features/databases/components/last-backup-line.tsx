import { Link } from "@tanstack/react-router";
import { CircleCheck, TriangleAlert } from "lucide-react";
import type { DatabaseView } from "@/client";
import { StatusBadge } from "@/components/run/status-badge";
import { Time } from "@/components/ui/time";

/** When a database was last backed up well, and how the newest try went when it was another one. */
export function LastBackupLine({ database }: { database: DatabaseView }) {
  const last = database.lastBackup;
  const good = database.lastGoodBackupAt;
  const Icon = good ? CircleCheck : TriangleAlert;
  return (
    <div className="shrink-0 space-y-1">
      <p className="caption">Last good backup</p>
      <p className="flex items-center gap-1.5 font-semibold">
        <Icon className={good ? "size-4 text-ok" : "size-4 text-warn"} aria-hidden />
        <Time value={good} none="None yet" />
      </p>
      {last && last.status !== "completed" ? (
        <Link
          to="/backups/$id"
          params={{ id: last.id }}
          className="flex items-center gap-1.5 rounded-sm text-sm text-ink-soft"
        >
          Newest: <StatusBadge status={last.status} />
        </Link>
      ) : null}
    </div>
  );
}
