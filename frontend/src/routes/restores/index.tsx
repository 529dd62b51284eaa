import { createFileRoute } from "@tanstack/react-router";
import { RestoresPage } from "@/features/restores/components/restores-page";
import { parseRestoresSearch } from "@/features/restores/search";

export const Route = createFileRoute("/restores/")({
  validateSearch: parseRestoresSearch,
  component: Restores,
});

function Restores() {
  const search = Route.useSearch();
  const navigate = Route.useNavigate();
  return <RestoresPage search={search} onSearch={(next) => void navigate({ search: next })} />;
}
