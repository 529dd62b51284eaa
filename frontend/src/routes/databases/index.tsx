import { createFileRoute } from "@tanstack/react-router";
import { BackUpNow } from "@/features/backups/components/back-up-now";
import { DatabasesPage } from "@/features/databases/components/databases-page";
import { backupsQuery, databasesQuery, OVERVIEW_BACKUPS } from "@/lib/queries";
import { ready } from "@/lib/ready";

const parseSearch = ({ search }: Record<string, unknown>): { search?: string } => ({
  search: typeof search === "string" && search ? search : undefined,
});

export const Route = createFileRoute("/databases/")({
  validateSearch: parseSearch,
  loader: ({ context: { queryClient }, location }) =>
    ready(queryClient, databasesQuery(parseSearch(location.search)), backupsQuery(OVERVIEW_BACKUPS)),
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
