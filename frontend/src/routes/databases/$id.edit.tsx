import { createFileRoute } from "@tanstack/react-router";
import { Gate } from "@/components/access/gate";
import { FormPending } from "@/components/layout/form-pending";
import { EditDatabasePage } from "@/features/databases/components/edit-database-page";
import { databaseQuery } from "@/lib/queries";

export const Route = createFileRoute("/databases/$id/edit")({
  loader: ({ context, params }) => context.queryClient.ensureQueryData(databaseQuery(params.id)),
  component: EditDatabase,
  pendingComponent: FormPending,
});

function EditDatabase() {
  const { id } = Route.useParams();
  return (
    <Gate to="database.edit" title="Edit a database">
      <EditDatabasePage key={id} id={id} />
    </Gate>
  );
}
