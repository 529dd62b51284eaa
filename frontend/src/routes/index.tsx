import { createFileRoute } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { BackUpNow } from "@/features/backups/components/back-up-now";
import { OverviewPage } from "@/features/overview/components/overview-page";
import { loadAgain } from "@/lib/load-again";
import {
  backupsQuery,
  databasesQuery,
  OVERVIEW_BACKUPS,
  s3ConfigsQuery,
  statisticsQuery,
  statusQuery,
} from "@/lib/queries";

// Below what is seen first: the table and the countdowns come after it.
const RecentBackups = lazy(() =>
  loadAgain(() => import("@/features/backups/components/recent-backups")).then((module) => ({
    default: module.RecentBackups,
  })),
);
const UpcomingRuns = lazy(() =>
  loadAgain(() => import("@/features/schedules/components/upcoming-runs")).then((module) => ({
    default: module.UpcomingRuns,
  })),
);

export const Route = createFileRoute("/")({
  // Asked while the page's own script is still on its way; nobody waits for it here.
  loader: ({ context: { queryClient } }) => {
    void queryClient.prefetchQuery(databasesQuery());
    void queryClient.prefetchQuery(backupsQuery(OVERVIEW_BACKUPS));
    void queryClient.prefetchQuery(s3ConfigsQuery());
    void queryClient.prefetchQuery(statusQuery());
    void queryClient.prefetchQuery(statisticsQuery());
  },
  component: Overview,
});

function Overview() {
  return (
    <OverviewPage
      backupAction={(database) => <BackUpNow database={database} size="sm" />}
      backupList={(backups) => (
        <Suspense fallback={<TableSkeleton label="Loading the backups" rows={8} />}>
          <RecentBackups backups={backups} />
        </Suspense>
      )}
      upcoming={
        <Suspense fallback={<TableSkeleton label="Loading the schedules" rows={4} />}>
          <UpcomingRuns />
        </Suspense>
      }
    />
  );
}
