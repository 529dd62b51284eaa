import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { BackupView, DatabaseView } from "@/client";
import { ErrorState } from "@/components/layout/error-state";
import { PageHeader } from "@/components/layout/page-header";
import { Section } from "@/components/ui/section";
import {
  backupsQuery,
  databasesQuery,
  OVERVIEW_BACKUPS,
  s3ConfigsQuery,
  statisticsQuery,
  statusQuery,
} from "@/lib/queries";
import { useElapsed } from "@/lib/use-elapsed";
import { findAttention } from "../attention";
import { AttentionList } from "./attention-list";
import { Charts } from "./charts";
import { Figures } from "./figures";
import { FirstSteps } from "./first-steps";
import { FiguresSkeleton, OverviewSkeleton } from "./overview-skeleton";
import { ProtectionList } from "./protection-list";
import { QuickActions } from "./quick-actions";
import { RunningNow } from "./running-now";
import { SystemPanel } from "./system-panel";
import { Verdict } from "./verdict";
import { Year } from "./year";

const RECENT = 8;
/** So long the page waits for all its parts: what comes later would push the rest down. */
const PATIENCE_MS = 600;

interface OverviewPageProps {
  backupAction: (database: DatabaseView) => ReactNode;
  backupList: (backups: BackupView[]) => ReactNode;
  /** What runs next. */
  upcoming: ReactNode;
}

/** Is everything backed up, is something running, does something need me? Nothing else. */
export function OverviewPage({ backupAction, backupList, upcoming }: OverviewPageProps) {
  const databases = useQuery(databasesQuery());
  const recent = useQuery(backupsQuery(OVERVIEW_BACKUPS));
  const s3Configs = useQuery(s3ConfigsQuery());
  const status = useQuery(statusQuery());
  const stats = useQuery(statisticsQuery());
  const slow = useElapsed(PATIENCE_MS);

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
  const late = !slow && (s3Configs.isPending || status.isPending || stats.isPending);
  if (databases.isPending || recent.isPending || late) return <OverviewSkeleton />;
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
        actions={<QuickActions />}
      />
      <div className="space-y-5">
        {stats.data ? <Figures stats={stats.data} status={status.data} /> : <FiguresSkeleton />}
        <RunningNow backups={backups} />
        {attention.length > 0 ? <AttentionList items={attention} /> : null}
        <Section title="Databases" flush aside={<MoreLink to="/databases">All databases</MoreLink>}>
          <ProtectionList databases={databases.data.items} backups={backups} backupAction={backupAction} />
        </Section>
        {stats.data ? (
          <>
            <Year stats={stats.data} />
            <Charts stats={stats.data} />
          </>
        ) : null}
        <div className="grid items-start gap-5 lg:grid-cols-2">
          {upcoming}
          <SystemPanel status={status.data} />
        </div>
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
