import { createFileRoute } from "@tanstack/react-router";
import { Gate } from "@/components/access/gate";
import { parseRestoreSearch } from "@/features/restores/wizard/plan";
import { WizardPage } from "@/features/restores/wizard/wizard-page";
import { backupQuery, databasesQuery, restorableQuery } from "@/lib/queries";
import { ready } from "@/lib/ready";

export const Route = createFileRoute("/restore/new")({
  validateSearch: parseRestoreSearch,
  loader: async ({ context: { queryClient }, location }) => {
    const { backup, target } = parseRestoreSearch(location.search);
    await ready(queryClient, databasesQuery(), ...(backup ? [backupQuery(backup)] : []));
    const of = backup ? queryClient.getQueryData(backupQuery(backup).queryKey)?.databaseId : undefined;
    await ready(queryClient, restorableQuery(target ?? of ?? undefined));
  },
  component: NewRestore,
});

function NewRestore() {
  const search = Route.useSearch();
  const navigate = Route.useNavigate();
  return (
    <Gate to="restore.execute" title="Restore a database">
      <WizardPage search={search} onStep={(step) => void navigate({ search: (old) => ({ ...old, step }) })} />
    </Gate>
  );
}
