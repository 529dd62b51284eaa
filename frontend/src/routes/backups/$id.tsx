import { createFileRoute } from "@tanstack/react-router";
import { DetailPending } from "@/components/layout/detail-pending";
import { BackupPage } from "@/features/backups/components/backup-page";
import { backupQuery } from "@/lib/queries";

export const Route = createFileRoute("/backups/$id")({
  loader: ({ context, params }) => context.queryClient.ensureQueryData(backupQuery(params.id)),
  component: Backup,
  pendingComponent: DetailPending,
});

function Backup() {
  const { id } = Route.useParams();
  return <BackupPage key={id} id={id} />;
}
