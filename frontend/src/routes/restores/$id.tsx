import { createFileRoute } from "@tanstack/react-router";
import { DetailPending } from "@/components/layout/detail-pending";
import { RestorePage } from "@/features/restores/components/restore-page";
import { restoreQuery } from "@/lib/queries";

export const Route = createFileRoute("/restores/$id")({
  loader: ({ context, params }) => context.queryClient.ensureQueryData(restoreQuery(params.id)),
  component: Restore,
  pendingComponent: DetailPending,
});

function Restore() {
  const { id } = Route.useParams();
  return <RestorePage key={id} id={id} />;
}
