import { createFileRoute } from "@tanstack/react-router";
import { Gate } from "@/components/access/gate";
import { FormPending } from "@/components/layout/form-pending";
import { EditS3Page } from "@/features/s3/components/edit-s3-page";
import { s3ConfigQuery } from "@/lib/queries";

export const Route = createFileRoute("/s3-configs/$id/edit")({
  loader: ({ context, params }) => context.queryClient.ensureQueryData(s3ConfigQuery(params.id)),
  component: EditS3Config,
  pendingComponent: FormPending,
});

function EditS3Config() {
  const { id } = Route.useParams();
  return (
    <Gate to="system.configure" title="Edit S3 storage">
      <EditS3Page key={id} id={id} />
    </Gate>
  );
}
