import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Database, ListChecks, Plus, RotateCcw } from "lucide-react";
import type { ReactNode } from "react";
import type { BackupView, DatabaseView } from "@/client";
import { Allowed } from "@/components/access/allowed";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { ErrorState } from "@/components/layout/error-state";
import { PageHeader } from "@/components/layout/page-header";
import { buttonClass } from "@/components/ui/button-class";
import { Empty } from "@/components/ui/empty";
import { Section } from "@/components/ui/section";
import { backupsQuery, databasesQuery, s3ConfigsQuery, statisticsQuery, statusQuery } from "@/lib/queries";
import { findAttention } from "../attention";
import { AttentionList } from "./attention-list";
import { Charts } from "./charts";
import { Figures } from "./figures";
import { ProtectionList } from "./protection-list";
import { RunningNow } from "./running-now";
import { Verdict } from "./verdict";

const RECENT = 8;

interface OverviewPageProps {
  backupAction: (database: DatabaseView) => ReactNode;
  backupList: (backups: BackupView[]) => ReactNode;
  /** What runs next. */
  upcoming: ReactNode;
}

/** Is everything backed up, is something running, does something need me? Nothing else. */
export function OverviewPage({ backupAction, backupList, upcoming }: OverviewPageProps) {
  const databases = useQuery(databasesQuery());
  const recent = useQuery(backupsQuery({ sort: "-createdAt", limit: 200 }));
  const s3Configs = useQuery(s3ConfigsQuery());
  const status = useQuery(statusQuery());
  const stats = useQuery(statisticsQuery());

  if (databases.isError) {
    return (
      <>
        <PageHeader title="Overview" />
        <ErrorState
          title="The overview could not be loaded"
          error={databases.error}
          onRetry={() => databases.refetch()}
        />
      </>
    );
  }
  if (databases.isPending || recent.isPending) {
    return (
      <>
        <PageHeader title="Overview" />
        <div className="panel">
          <TableSkeleton label="Loading the overview" />
        </div>
      </>
    );
  }
  if (databases.data.items.length === 0) return <FirstSteps />;

  const backups = recent.data?.items ?? [];
  const attention = findAttention({
    databases: databases.data.items,
    backups: backups.slice(0, RECENT),
    s3Configs: s3Configs.data,
    status: status.data,
  });

  return (
    <>
      <PageHeader
        title="Overview"
        meta={<Verdict databases={databases.data.items} attention={attention} />}
        actions={
          <Allowed to="restore.execute">
            <Link to="/restore/new" className={buttonClass({}, "md:hidden")}>
              <RotateCcw aria-hidden />
              Restore a database
            </Link>
          </Allowed>
        }
      />
      <div className="space-y-5">
        {stats.data ? <Figures stats={stats.data} /> : null}
        <RunningNow backups={backups} />
        {attention.length > 0 ? <AttentionList items={attention} /> : null}
        <Section title="Databases" flush aside={<MoreLink to="/databases">All databases</MoreLink>}>
          <ProtectionList databases={databases.data.items} backups={backups} backupAction={backupAction} />
        </Section>
        {stats.data ? <Charts stats={stats.data} /> : null}
        {upcoming}
        <Section title="Recent backups" flush aside={<MoreLink to="/backups">All backups</MoreLink>}>
          {recent.isError ? (
            <div className="p-4">
              <ErrorState
                title="The backups could not be loaded"
                error={recent.error}
                onRetry={() => recent.refetch()}
              />
            </div>
          ) : backups.length > 0 ? (
            backupList(backups.slice(0, RECENT))
          ) : (
            <p className="px-4 py-8 text-center text-ink-soft">No backup yet.</p>
          )}
        </Section>
      </div>
    </>
  );
}

function MoreLink({ to, children }: { to: "/databases" | "/backups"; children: ReactNode }) {
  return (
    <Link to={to} className="rounded-sm text-sm font-semibold text-accent underline-offset-3 hover:underline">
      {children}
    </Link>
  );
}

function FirstSteps() {
  return (
    <>
      <PageHeader title="Overview" />
      <Empty
        icon={Database}
        title="Add your first database"
        actions={
          <>
            <Allowed to="database.create">
              <Link to="/first-steps" search={{}} className={buttonClass({ variant: "primary" })}>
                <ListChecks aria-hidden />
                Set up step by step
              </Link>
              <Link to="/databases/new" className={buttonClass()}>
                <Plus aria-hidden />
                Add a database
              </Link>
            </Allowed>
            <Allowed to="restore.execute">
              <Link to="/restore/new" search={{}} className={buttonClass()}>
                <RotateCcw aria-hidden />
                Restore from a bucket
              </Link>
            </Allowed>
          </>
        }
      >
        Paste its connection string; it is tested before it is saved. The first backup takes one more click.
      </Empty>
    </>
  );
}
