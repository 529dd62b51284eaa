import { createFileRoute } from "@tanstack/react-router";
import { BackUpNow } from "@/features/backups/components/back-up-now";
import { RecentBackups } from "@/features/backups/components/recent-backups";
import { OverviewPage } from "@/features/overview/components/overview-page";
import { UpcomingRuns } from "@/features/schedules/components/upcoming-runs";

export const Route = createFileRoute("/")({ component: Overview });

function Overview() {
  return (
    <OverviewPage
      backupAction={(database) => <BackUpNow database={database} size="sm" />}
      backupList={(backups) => <RecentBackups backups={backups} />}
      upcoming={<UpcomingRuns />}
    />
  );
}
