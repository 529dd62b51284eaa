import { createFileRoute } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { BackUpNow } from "@/features/backups/components/back-up-now";
import { OverviewPage } from "@/features/overview/components/overview-page";

// Below what is seen first: the table and the countdowns come after it.
const RecentBackups = lazy(() =>
  import("@/features/backups/components/recent-backups").then((module) => ({
    default: module.RecentBackups,
  })),
);
const UpcomingRuns = lazy(() =>
  import("@/features/schedules/components/upcoming-runs").then((module) => ({
    default: module.UpcomingRuns,
  })),
);

export const Route = createFileRoute("/")({ component: Overview });

function Overview() {
  return (
    <OverviewPage
      backupAction={(database) => <BackUpNow database={database} size="sm" />}
      backupList={(backups) => (
        <Suspense fallback={<TableSkeleton label="Loading the backups" />}>
          <RecentBackups backups={backups} />
        </Suspense>
      )}
      upcoming={
        <Suspense>
          <UpcomingRuns />
        </Suspense>
      }
    />
  );
}
