import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Pencil, PlugZap, RotateCcw, Trash2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { BackupView, DatabaseView } from "@/client";
import { Allowed } from "@/components/access/allowed";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { BackLink } from "@/components/layout/back-link";
import { ErrorState } from "@/components/layout/error-state";
import { PageHeader } from "@/components/layout/page-header";
import { HistoryStrip } from "@/components/run/history-strip";
import { ReachBadge } from "@/components/run/reach-badge";
import { Button } from "@/components/ui/button";
import { buttonClass } from "@/components/ui/button-class";
import { Notice } from "@/components/ui/notice";
import { Section } from "@/components/ui/section";
import { databaseBackupsQuery, databaseQuery } from "@/lib/queries";
import { DatabaseFacts } from "./database-facts";
import { DeleteDatabase } from "./delete-database";
import { ProofPanel } from "./proof-panel";
import { RestorePoints } from "./restore-points";
import { useAnnouncedTest } from "./use-announced-test";

interface DatabasePageProps {
  id: string;
  backupAction: (database: DatabaseView) => ReactNode;
  backupList: (backups: BackupView[]) => ReactNode;
  schedules: ReactNode;
}

export function DatabasePage({ id, backupAction, backupList, schedules }: DatabasePageProps) {
  const { data: database } = useSuspenseQuery(databaseQuery(id));
  const backups = useQuery(databaseBackupsQuery(id));
  const test = useAnnouncedTest(database);
  const navigate = useNavigate();
  const [deleting, setDeleting] = useState(false);
  const items = backups.data?.items ?? [];

  return (
    <>
      <PageHeader
        title={database.name}
        back={<BackLink to="/databases">Databases</BackLink>}
        meta={<ReachBadge database={database} />}
        actions={
          <>
            {backupAction(database)}
            <Allowed to="restore.execute">
              <Link to="/restore/new" search={{ target: database.id }} className={buttonClass()}>
                <RotateCcw aria-hidden />
                Restore
              </Link>
            </Allowed>
            <Allowed to="database.edit">
              <Button busy={test.isPending} onClick={test.run}>
                <PlugZap aria-hidden />
                Test
              </Button>
              <Link to="/databases/$id/edit" params={{ id }} className={buttonClass()}>
                <Pencil aria-hidden />
                Edit
              </Link>
            </Allowed>
            <Allowed to="database.delete">
              <Button variant="ghost" onClick={() => setDeleting(true)}>
                <Trash2 aria-hidden />
                Delete
              </Button>
            </Allowed>
          </>
        }
      />
      {database.lastError && database.reachable === false ? (
        <Notice tone="bad" title="The server does not answer" className="mb-5">
          {database.lastError}
        </Notice>
      ) : null}
      <div className="grid items-start gap-5 lg:grid-cols-[20rem_minmax(0,1fr)]">
        <div className="min-w-0 space-y-5">
          <ProofPanel database={database} />
          <DatabaseFacts database={database} />
        </div>
        <div className="min-w-0 space-y-5">
          <RestorePoints databaseId={id} />
          {schedules}
          <Section title="Backups" flush aside={<HistoryStrip backups={items} />}>
            {backups.isError ? (
              <div className="p-4">
                <ErrorState
                  title="The backups could not be loaded"
                  error={backups.error}
                  onRetry={() => backups.refetch()}
                />
              </div>
            ) : backups.isPending ? (
              <TableSkeleton label="Loading backups" rows={4} />
            ) : items.length === 0 ? (
              <p className="px-4 py-8 text-center text-ink-soft">
                No backup yet. “Back up now” makes the first one.
              </p>
            ) : (
              <>
                {backupList(items)}
                {(backups.data?.total ?? 0) > items.length ? (
                  <Link
                    to="/backups"
                    search={{ databaseId: id }}
                    className="block border-t px-4 py-2.5 text-sm font-semibold text-accent hover:underline"
                  >
                    All {backups.data?.total} backups
                  </Link>
                ) : null}
              </>
            )}
          </Section>
        </div>
      </div>
      <DeleteDatabase
        database={database}
        open={deleting}
        onOpenChange={setDeleting}
        onDeleted={() => void navigate({ to: "/databases" })}
      />
    </>
  );
}
