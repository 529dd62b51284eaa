import { createFileRoute } from "@tanstack/react-router";
import { Gate } from "@/components/access/gate";
import { parseRestoreSearch } from "@/features/restores/wizard/plan";
import { WizardPage } from "@/features/restores/wizard/wizard-page";

export const Route = createFileRoute("/restore/new")({
  validateSearch: parseRestoreSearch,
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
