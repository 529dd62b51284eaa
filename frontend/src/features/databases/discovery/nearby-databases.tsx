import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Skeleton } from "@/components/ui/skeleton";
import { discoveryQuery } from "./api";
import { FoundServers } from "./found-servers";

/** What was found in the containers around, to be added beside a form; one line where there is nothing to offer. */
export function NearbyDatabases() {
  const discovery = useQuery(discoveryQuery());
  const found = discovery.data;
  if (discovery.isPending) {
    return (
      <div role="status" aria-label="Looking for databases">
        <Skeleton className="h-24" />
      </div>
    );
  }
  if (!found || found.problem || found.servers.length === 0) {
    return (
      <p className="text-sm text-ink-soft">
        {found && !found.problem
          ? "No database container was found nearby."
          : "Containers are not looked at: no Docker engine can be asked."}{" "}
        <Link
          to="/databases/discover"
          className="rounded-sm font-semibold text-accent underline-offset-3 hover:underline"
        >
          How databases are discovered
        </Link>
      </p>
    );
  }
  return (
    <section aria-label="Found nearby" className="space-y-3">
      <h3 className="font-medium">Found nearby</h3>
      <FoundServers discovery={found} />
    </section>
  );
}
