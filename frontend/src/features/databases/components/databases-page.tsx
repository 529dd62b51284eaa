import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Database, Plus, Radar, Search } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { DatabaseView } from "@/client";
import { Allowed } from "@/components/access/allowed";
import { ErrorState } from "@/components/layout/error-state";
import { PageHeader } from "@/components/layout/page-header";
import { groupByDatabase } from "@/components/run/group-by-database";
import { buttonClass } from "@/components/ui/button-class";
import { Empty } from "@/components/ui/empty";
import { Skeleton } from "@/components/ui/skeleton";
import { backupsQuery, databasesQuery, OVERVIEW_BACKUPS } from "@/lib/queries";
import { DatabaseCard } from "./database-card";
import { DatabaseSearch } from "./database-search";

interface DatabasesPageProps {
  search: string;
  onSearch: (search: string) => void;
  /** The route puts the backup dialog's button here. */
  backupAction: (database: DatabaseView) => ReactNode;
}

export function DatabasesPage({ search, onSearch, backupAction }: DatabasesPageProps) {
  const databases = useQuery(databasesQuery({ search: search || undefined }));
  const recent = useQuery(backupsQuery(OVERVIEW_BACKUPS));
  const history = groupByDatabase(recent.data?.items ?? []);
  const items = databases.data?.items ?? [];
  // A field that was there stays while its text is cleared and typed anew.
  const [hasSearched] = useState(search !== "");
  const add = (
    <Allowed to="database.create">
      <Link to="/databases/discover" className={buttonClass({})}>
        <Radar aria-hidden />
        Discover
      </Link>
      <Link to="/databases/new" className={buttonClass({ variant: "primary" })}>
        <Plus aria-hidden />
        Add a database
      </Link>
    </Allowed>
  );

  return (
    <>
      <PageHeader title="Databases" actions={items.length > 0 || search ? add : undefined} />
      {items.length > 5 || search || hasSearched ? (
        <DatabaseSearch search={search} onSearch={onSearch} />
      ) : null}
      {databases.isError ? (
        <ErrorState
          title="The databases could not be loaded"
          error={databases.error}
          onRetry={() => databases.refetch()}
        />
      ) : databases.isPending ? (
        <div role="status" aria-label="Loading databases" className="grid gap-4 lg:grid-cols-2">
          <Skeleton className="h-44" />
          <Skeleton className="h-44" />
        </div>
      ) : items.length === 0 ? (
        search ? (
          <Empty icon={Search} title={`No database fits “${search}”`}>
            Search looks at names, hosts and database names.
          </Empty>
        ) : (
          <Empty icon={Database} title="No database yet" actions={add}>
            Discover those in containers around this program, or add one with its connection string or by
            hand; the connection is tested before it is saved. Then back it up with one click.
          </Empty>
        )
      ) : (
        <ul className="grid gap-4 lg:grid-cols-2">
          {items.map((database) => (
            <li key={database.id} className="min-w-0">
              <DatabaseCard
                database={database}
                history={history.get(database.id) ?? []}
                backupAction={backupAction(database)}
              />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
