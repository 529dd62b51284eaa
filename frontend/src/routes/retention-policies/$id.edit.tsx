import { createFileRoute } from "@tanstack/react-router";
import { EditPolicyPage } from "@/features/retention/components/edit-policy-page";
import { retentionPolicyQuery } from "@/lib/queries";

export const Route = createFileRoute("/retention-policies/$id/edit")({
  loader: ({ context, params }) => context.queryClient.ensureQueryData(retentionPolicyQuery(params.id)),
  component: EditPolicy,
});

function EditPolicy() {
  const { id } = Route.useParams();
  return <EditPolicyPage key={id} id={id} />;
}
