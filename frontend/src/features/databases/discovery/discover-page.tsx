import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Container, Plus, RotateCw } from "lucide-react";
import { BackLink } from "@/components/layout/back-link";
import { ErrorState } from "@/components/layout/error-state";
import { PageHeader } from "@/components/layout/page-header";
import { Button } from "@/components/ui/button";
import { buttonClass } from "@/components/ui/button-class";
import { Empty } from "@/components/ui/empty";
import { Skeleton } from "@/components/ui/skeleton";
import { discoveryQuery } from "./api";
import { FoundServers } from "./found-servers";
import { LabelProblems } from "./label-problems";
import { NoEngine } from "./no-engine";

export function DiscoverPage() {
  const discovery = useQuery(discoveryQuery());
  const found = discovery.data;
  const again = (
    <Button onClick={() => void discovery.refetch()} busy={discovery.isFetching}>
      {discovery.isFetching ? null : <RotateCw aria-hidden />}
      Look again
    </Button>
  );
  return (
    <>
      <PageHeader
        title="Discover databases"
        back={<BackLink to="/databases">Databases</BackLink>}
        meta={found?.problem ? undefined : where(found?.containerName)}
        actions={again}
      />
      {discovery.isError ? (
        <ErrorState
          title="Nobody could look around"
          error={discovery.error}
          onRetry={() => discovery.refetch()}
        />
      ) : found === undefined ? (
        <div role="status" aria-label="Looking for databases" className="space-y-4">
          <Skeleton className="h-32" />
          <Skeleton className="h-32" />
        </div>
      ) : found.problem ? (
        <NoEngine problem={found.problem} />
      ) : (
        <div className="space-y-5">
          <LabelProblems problems={found.labelProblems} />
          {found.servers.length > 0 ? (
            <FoundServers discovery={found} />
          ) : (
            <Empty icon={Container} title="No database container found" actions={byHand}>
              {found.containerName
                ? "Only running containers on a network with this program are looked at. Add it to the network of your databases, then look again."
                : "No running container looks like PostgreSQL, MySQL or MariaDB, by its image or by port 5432 or 3306."}
            </Empty>
          )}
        </div>
      )}
    </>
  );
}

const byHand = (
  <Link to="/databases/new" className={buttonClass({})}>
    <Plus aria-hidden />
    Add one by hand
  </Link>
);

function where(container: string | null | undefined): string | undefined {
  if (container === undefined) return undefined;
  return container
    ? `Running containers on a network with ${container}`
    : "All running containers of this Docker engine";
}
