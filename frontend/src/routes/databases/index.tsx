import { createFileRoute } from "@tanstack/react-router";
import { BackUpNow } from "@/features/backups/components/back-up-now";
import { DatabasesPage } from "@/features/databases/components/databases-page";

export const Route = createFileRoute("/databases/")({
  validateSearch: (search: Record<string, unknown>): { search?: string } => ({
    search: typeof search.search === "string" && search.search ? search.search : undefined,
  }),
  component: Databases,
});

function Databases() {
  const { search = "" } = Route.useSearch();
  const navigate = Route.useNavigate();
  return (
    <DatabasesPage
      search={search}
      onSearch={(text) => void navigate({ search: { search: text || undefined }, replace: true })}
      backupAction={(database) => <BackUpNow database={database} size="sm" />}
    />
  );
}
