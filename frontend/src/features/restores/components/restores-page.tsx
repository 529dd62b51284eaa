import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { History, RotateCcw } from "lucide-react";
import { Allowed } from "@/components/access/allowed";
import { DataTable } from "@/components/data-table/data-table";
import { NoMatch } from "@/components/data-table/no-match";
import { Pagination } from "@/components/data-table/pagination";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { ErrorState } from "@/components/layout/error-state";
import { PageHeader } from "@/components/layout/page-header";
import { buttonClass } from "@/components/ui/button-class";
import { Empty } from "@/components/ui/empty";
import { PAGE_SIZE } from "@/lib/page-size";
import { restoresQuery } from "@/lib/queries";
import { countRestoreFilters, type RestoresSearch, toRestoreFilter } from "../search";
import { RestoreCard } from "./restore-card";
import { restoreColumns } from "./restore-columns";
import { RestoreFilters } from "./restore-filters";

interface RestoresPageProps {
  search: RestoresSearch;
  onSearch: (search: RestoresSearch) => void;
}

export function RestoresPage({ search, onSearch }: RestoresPageProps) {
  const queries = useQueryClient();
  const restores = useQuery(restoresQuery(toRestoreFilter(search)));
  const start = (
    <Allowed to="restore.execute">
      <Link to="/restore/new" className={buttonClass({ variant: "primary" })}>
        <RotateCcw aria-hidden />
        Restore a database
      </Link>
    </Allowed>
  );
  const clear = () => onSearch({ sort: search.sort, limit: search.limit });
  const nothing = restores.data?.items.length === 0;

  if (nothing && countRestoreFilters(search) === 0 && !search.page) {
    return (
      <>
        <PageHeader title="Restores" />
        <Empty icon={History} title="Nothing was restored yet" actions={start}>
          Try it before you need it: a restore goes into a new database beside the original and changes
          nothing else.
        </Empty>
      </>
    );
  }

  return (
    <>
      <PageHeader title="Restores" actions={start} />
      <div className="panel">
        <RestoreFilters search={search} onSearch={onSearch} onClear={clear} />
        {restores.isError ? (
          <div className="p-4">
            <ErrorState
              title="The restores could not be loaded"
              error={restores.error}
              onRetry={() => restores.refetch()}
            />
          </div>
        ) : restores.isPending ? (
          <TableSkeleton label="Loading restores" rows={8} />
        ) : nothing ? (
          <NoMatch onClear={clear}>No restore fits these filters.</NoMatch>
        ) : (
          <>
            <DataTable
              name="restores"
              caption="Restores"
              columns={restoreColumns}
              rows={restores.data.items}
              rowId={(restore) => restore.id}
              renderCard={(restore) => <RestoreCard restore={restore} />}
              sort={search.sort ?? "-createdAt"}
              onSort={(sort) => onSearch({ ...search, sort, page: undefined })}
              stale={restores.isPlaceholderData}
            />
            <Pagination
              page={search.page ?? 1}
              limit={search.limit ?? PAGE_SIZE}
              total={restores.data.total}
              onPage={(page) => onSearch({ ...search, page })}
              onLimit={(limit) => onSearch({ ...search, limit, page: undefined })}
              onIntent={(page) =>
                void queries.prefetchQuery(restoresQuery(toRestoreFilter({ ...search, page })))
              }
            />
          </>
        )}
      </div>
    </>
  );
}
