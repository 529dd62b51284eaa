import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { BackupView, DatabaseView } from "@/client";
import { groupByDatabase } from "@/components/run/group-by-database";
import { HistoryStrip } from "@/components/run/history-strip";
import { ReachBadge } from "@/components/run/reach-badge";
import { Time } from "@/components/ui/time";
import { formatBytes } from "@/lib/format";

const SHOWN = 12;

interface ProtectionListProps {
  databases: DatabaseView[];
  backups: BackupView[];
  backupAction: (database: DatabaseView) => ReactNode;
}

/** Each database with the age of its last good backup; the oldest first, they need it most. */
export function ProtectionList({ databases, backups, backupAction }: ProtectionListProps) {
  const history = groupByDatabase(backups);
  const age = (database: DatabaseView) => Date.parse(database.lastGoodBackupAt ?? "") || 0;
  const sorted = [...databases].sort((a, b) => age(a) - age(b)).slice(0, SHOWN);
  return (
    <ul className="divide-y divide-line">
      {sorted.map((database) => (
        <li
          key={database.id}
          className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-2 px-4 py-2.5 md:grid-cols-[minmax(0,1fr)_7.5rem_8.5rem_13.5rem_auto]"
        >
          <div className="min-w-0">
            <Link
              to="/databases/$id"
              params={{ id: database.id }}
              className="block truncate rounded-sm font-semibold underline-offset-3 hover:underline"
            >
              {database.name}
            </Link>
            <p className="truncate text-sm text-ink-faint">
              {database.host}
              {database.size === null ? "" : ` · ${formatBytes(database.size)}`}
            </p>
          </div>
          <div className="max-md:row-start-1 max-md:col-start-2 max-md:justify-self-end">
            <ReachBadge database={database} />
          </div>
          <div>
            <p className="caption">Last good backup</p>
            <Time value={database.lastGoodBackupAt} none="None yet" className="font-semibold" />
          </div>
          <div className="max-md:hidden">
            <HistoryStrip backups={history.get(database.id) ?? []} />
          </div>
          <div className="justify-self-end">{backupAction(database)}</div>
        </li>
      ))}
    </ul>
  );
}
