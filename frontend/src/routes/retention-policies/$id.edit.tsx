import { createFileRoute } from "@tanstack/react-router";
import { FormPending } from "@/components/layout/form-pending";
import { EditPolicyPage } from "@/features/retention/components/edit-policy-page";
import { databasesQuery, retentionPolicyQuery, statusQuery } from "@/lib/queries";
import { ready } from "@/lib/ready";

export const Route = createFileRoute("/retention-policies/$id/edit")({
  loader: async ({ context: { queryClient }, params }) => {
    await Promise.all([
      queryClient.ensureQueryData(retentionPolicyQuery(params.id)),
      ready(queryClient, databasesQuery(), statusQuery()),
    ]);
  },
  component: EditPolicy,
  pendingComponent: FormPending,
});

function EditPolicy() {
  const { id } = Route.useParams();
  return <EditPolicyPage key={id} id={id} />;
}
