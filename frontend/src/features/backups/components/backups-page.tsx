import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Archive, CalendarClock } from "lucide-react";
import { NoMatch } from "@/components/data-table/no-match";
import { Pagination } from "@/components/data-table/pagination";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { ErrorState } from "@/components/layout/error-state";
import { PageHeader } from "@/components/layout/page-header";
import { buttonClass } from "@/components/ui/button-class";
import { Empty } from "@/components/ui/empty";
import { PAGE_SIZE } from "@/lib/page-size";
import { backupsQuery } from "@/lib/queries";
import { countFilters, toFilter, withoutFilters } from "../filter";
import type { BackupsSearch } from "../search";
import { BackupFilters } from "./backup-filters";
import { BackupList } from "./backup-list";
import { UndeletedNotice } from "./undeleted-notice";

interface BackupsPageProps {
  search: BackupsSearch;
  onSearch: (search: BackupsSearch) => void;
}

export function BackupsPage({ search, onSearch }: BackupsPageProps) {
  const backups = useQuery(backupsQuery(toFilter(search)));
  const queries = useQueryClient();
  const filtered = countFilters(search) > 0;
  const retention = (
    <Link to="/retention-policies" className={buttonClass({})}>
      <CalendarClock aria-hidden />
      Retention
    </Link>
  );
  const nothing = backups.data?.items.length === 0;

  if (nothing && !filtered && !search.page) {
    return (
      <>
        <PageHeader title="Backups" actions={retention} />
        <UndeletedNotice />
        <Empty
          icon={Archive}
          title="No backup yet"
          actions={
            <Link to="/databases" className={buttonClass({ variant: "primary" })}>
              To the databases
            </Link>
          }
        >
          Choose a database and press “Back up now”; it appears here with its progress and log.
        </Empty>
      </>
    );
  }

  return (
    <>
      <PageHeader title="Backups" actions={retention} />
      <UndeletedNotice />
      <div className="panel">
        <BackupFilters search={search} onSearch={onSearch} />
        {backups.isError ? (
          <div className="p-4">
            <ErrorState
              title="The backups could not be loaded"
              error={backups.error}
              onRetry={() => backups.refetch()}
            />
          </div>
        ) : backups.isPending ? (
          <TableSkeleton label="Loading backups" rows={8} />
        ) : nothing ? (
          <NoMatch onClear={() => onSearch(withoutFilters(search))}>No backup fits these filters.</NoMatch>
        ) : (
          <>
            <BackupList
              backups={backups.data.items}
              sort={search.sort ?? "-createdAt"}
              onSort={(sort) => onSearch({ ...search, sort, page: undefined })}
              stale={backups.isPlaceholderData}
            />
            <Pagination
              page={search.page ?? 1}
              limit={search.limit ?? PAGE_SIZE}
              total={backups.data.total}
              onPage={(page) => onSearch({ ...search, page })}
              onLimit={(limit) => onSearch({ ...search, limit, page: undefined })}
              onIntent={(page) => void queries.prefetchQuery(backupsQuery(toFilter({ ...search, page })))}
            />
          </>
        )}
      </div>
    </>
  );
}
