import { createFileRoute } from "@tanstack/react-router";
import { BackupsPage } from "@/features/backups/components/backups-page";
import { toFilter } from "@/features/backups/filter";
import { parseBackupsSearch } from "@/features/backups/search";
import { backupsQuery, databasesQuery, schedulesQuery, undeletedQuery } from "@/lib/queries";
import { ready } from "@/lib/ready";

export const Route = createFileRoute("/backups/")({
  validateSearch: parseBackupsSearch,
  // The filters and the notice above the table would push it about if they came later.
  loader: ({ context: { queryClient }, location }) =>
    ready(
      queryClient,
      backupsQuery(toFilter(parseBackupsSearch(location.search))),
      databasesQuery(),
      schedulesQuery(),
      undeletedQuery(),
    ),
  component: Backups,
});

function Backups() {
  const search = Route.useSearch();
  const navigate = Route.useNavigate();
  return <BackupsPage search={search} onSearch={(next) => void navigate({ search: next })} />;
}
