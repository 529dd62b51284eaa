import { createFileRoute } from "@tanstack/react-router";
import { BackUpNow } from "@/features/backups/components/back-up-now";
import { BackupList } from "@/features/backups/components/backup-list";
import { DatabasePage } from "@/features/databases/components/database-page";
import { DatabaseSchedules } from "@/features/schedules/components/database-schedules";
import { databaseBackupsQuery, databaseQuery, restorePointsQuery, schedulesQuery } from "@/lib/queries";
import { ready } from "@/lib/ready";

export const Route = createFileRoute("/databases/$id/")({
  loader: async ({ context: { queryClient }, params: { id } }) => {
    await Promise.all([
      queryClient.ensureQueryData(databaseQuery(id)),
      ready(
        queryClient,
        restorePointsQuery(id),
        databaseBackupsQuery(id),
        schedulesQuery({ databaseId: id }),
      ),
    ]);
  },
  component: Database,
});

function Database() {
  const { id } = Route.useParams();
  return (
    <DatabasePage
      key={id}
      id={id}
      backupAction={(database) => <BackUpNow database={database} />}
      backupList={(backups) => <BackupList backups={backups} ofOneDatabase />}
      schedules={<DatabaseSchedules databaseId={id} />}
    />
  );
}
