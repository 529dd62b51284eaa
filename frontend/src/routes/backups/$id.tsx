import { createFileRoute } from "@tanstack/react-router";
import { DetailPending } from "@/components/layout/detail-pending";
import { BackupPage } from "@/features/backups/components/backup-page";
import { backupQuery, databaseQuery, pastVerificationsQuery } from "@/lib/queries";
import { ready } from "@/lib/ready";

export const Route = createFileRoute("/backups/$id")({
  loader: async ({ context: { queryClient }, params: { id } }) => {
    const [backup] = await Promise.all([
      queryClient.ensureQueryData(backupQuery(id)),
      ready(queryClient, pastVerificationsQuery(id)),
    ]);
    // The way on from a failure is for its database.
    if (backup.status === "failed" && backup.databaseId)
      await ready(queryClient, databaseQuery(backup.databaseId));
  },
  component: Backup,
  pendingComponent: DetailPending,
});

function Backup() {
  const { id } = Route.useParams();
  return <BackupPage key={id} id={id} />;
}
