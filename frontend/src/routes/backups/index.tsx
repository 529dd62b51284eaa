import { createFileRoute } from "@tanstack/react-router";
import { BackupsPage } from "@/features/backups/components/backups-page";
import { parseBackupsSearch } from "@/features/backups/search";

export const Route = createFileRoute("/backups/")({
  validateSearch: parseBackupsSearch,
  component: Backups,
});

function Backups() {
  const search = Route.useSearch();
  const navigate = Route.useNavigate();
  return <BackupsPage search={search} onSearch={(next) => void navigate({ search: next })} />;
}
