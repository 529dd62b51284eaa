import { createFileRoute } from "@tanstack/react-router";
import { EditDatabasePage } from "@/features/databases/components/edit-database-page";
import { databaseQuery } from "@/lib/queries";

export const Route = createFileRoute("/databases/$id/edit")({
  loader: ({ context, params }) => context.queryClient.ensureQueryData(databaseQuery(params.id)),
  component: EditDatabase,
});

function EditDatabase() {
  const { id } = Route.useParams();
  return <EditDatabasePage key={id} id={id} />;
}
