import { createFileRoute } from "@tanstack/react-router";
import { RestoresPage } from "@/features/restores/components/restores-page";

export const Route = createFileRoute("/restores/")({
  validateSearch: (search: Record<string, unknown>): { page?: number } => {
    const page = Number(search.page);
    return { page: Number.isInteger(page) && page > 1 ? page : undefined };
  },
  component: Restores,
});

function Restores() {
  const { page = 1 } = Route.useSearch();
  const navigate = Route.useNavigate();
  return <RestoresPage page={page} onPage={(next) => void navigate({ search: { page: next } })} />;
}
