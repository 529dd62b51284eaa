import { createFileRoute } from "@tanstack/react-router";
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
    <WizardPage search={search} onStep={(step) => void navigate({ search: (old) => ({ ...old, step }) })} />
  );
}
