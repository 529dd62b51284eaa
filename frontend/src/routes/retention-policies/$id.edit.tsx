import { createFileRoute } from "@tanstack/react-router";
import { FormPending } from "@/components/layout/form-pending";
import { EditPolicyPage } from "@/features/retention/components/edit-policy-page";
import { retentionPolicyQuery } from "@/lib/queries";

export const Route = createFileRoute("/retention-policies/$id/edit")({
  loader: ({ context, params }) => context.queryClient.ensureQueryData(retentionPolicyQuery(params.id)),
  component: EditPolicy,
  pendingComponent: FormPending,
});

function EditPolicy() {
  const { id } = Route.useParams();
  return <EditPolicyPage key={id} id={id} />;
}
