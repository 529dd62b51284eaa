import { Link } from "@tanstack/react-router";
import { Ellipsis, Pencil, PlugZap, RotateCcw, Trash2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { BackupView, DatabaseView } from "@/client";
import { Allowed } from "@/components/access/allowed";
import { EngineLabel } from "@/components/engine/engine-label";
import { HistoryStrip } from "@/components/run/history-strip";
import { ManagedBadge } from "@/components/run/managed-badge";
import { ReachBadge } from "@/components/run/reach-badge";
import { Button } from "@/components/ui/button";
import { buttonClass } from "@/components/ui/button-class";
import { Menu, MenuItem } from "@/components/ui/menu";
import { MenuSeparator } from "@/components/ui/menu-separator";
import { formatBytes } from "@/lib/format";
import { DeleteDatabase } from "./delete-database";
import { LastBackupLine } from "./last-backup-line";
import { NextBackupLine } from "./next-backup-line";
import { ProofLine } from "./proof-line";
import { useAnnouncedTest } from "./use-announced-test";

interface DatabaseCardProps {
  database: DatabaseView;
  history: BackupView[];
  backupAction: ReactNode;
}

export function DatabaseCard({ database, history, backupAction }: DatabaseCardProps) {
  const test = useAnnouncedTest(database);
  const [deleting, setDeleting] = useState(false);
  return (
    <article aria-label={database.name} className="panel flex h-full flex-col">
      <div className="flex-1 px-4 pt-3.5 pb-4">
        <div className="flex items-start justify-between gap-3">
          <div className="min-w-0">
            <h2 className="truncate text-md font-bold">
              <Link
                to="/databases/$id"
                params={{ id: database.id }}
                className="rounded-sm underline-offset-3 hover:underline"
              >
                {database.name}
              </Link>
            </h2>
            <p className="mt-0.5 text-sm text-ink-soft">
              <EngineLabel type={database.type} version={database.serverVersion} />
              {database.size === null ? null : ` · ${formatBytes(database.size)}`}
            </p>
          </div>
          <div className="flex flex-wrap justify-end gap-1.5">
            <ManagedBadge managedBy={database.managedBy} />
            <ReachBadge database={database} />
          </div>
        </div>
        <p className="mt-2 truncate font-mono text-sm text-ink-faint" title={address(database)}>
          {address(database)}
        </p>
        {database.containerName ? (
          <p className="mt-1 truncate text-sm text-ink-faint" title={database.containerName}>
            Container: {database.containerName}
            {containerState(database)}
          </p>
        ) : null}
        {database.lastError && !database.reachable ? (
          <p className="mt-2 line-clamp-2 text-sm text-bad">{database.lastError}</p>
        ) : null}
        <div className="mt-4 flex items-end justify-between gap-4">
          <LastBackupLine database={database} />
          <HistoryStrip backups={history} />
        </div>
        <div className="mt-3 space-y-1">
          <NextBackupLine database={database} />
          <ProofLine database={database} />
        </div>
      </div>
      <div className="flex items-center gap-2 border-t px-3 py-2.5">
        {backupAction}
        <Allowed to="restore.execute">
          <Link to="/restore/new" search={{ target: database.id }} className={buttonClass({ size: "sm" })}>
            <RotateCcw aria-hidden />
            Restore
          </Link>
        </Allowed>
        <span className="ml-auto" />
        <Allowed to="database.edit">
          <Menu
            trigger={
              <Button
                variant="ghost"
                size="icon"
                aria-label={`More for ${database.name}`}
                busy={test.isPending}
              >
                {test.isPending ? null : <Ellipsis aria-hidden />}
              </Button>
            }
          >
            <MenuItem icon={<PlugZap aria-hidden />} onSelect={() => test.run()}>
              Test the connection
            </MenuItem>
            <MenuItem
              icon={<Pencil aria-hidden />}
              render={<Link to="/databases/$id/edit" params={{ id: database.id }} />}
            >
              Edit
            </MenuItem>
            <Allowed to="database.delete">
              <MenuSeparator />
              <MenuItem icon={<Trash2 aria-hidden />} danger onSelect={() => setDeleting(true)}>
                Delete…
              </MenuItem>
            </Allowed>
          </Menu>
        </Allowed>
      </div>
      <DeleteDatabase database={database} open={deleting} onOpenChange={setDeleting} />
    </article>
  );
}

function containerState({ containerState: state }: DatabaseView): string {
  return state === "stopped" || state === "gone" ? `, ${state}` : "";
}

function address(database: DatabaseView): string {
  return `${database.username}@${database.host}:${database.port}/${database.database}`;
}
