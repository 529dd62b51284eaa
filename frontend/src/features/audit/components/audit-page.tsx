import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useCallback, useMemo } from "react";
import { DataTable } from "@/components/data-table/data-table";
import { NoMatch } from "@/components/data-table/no-match";
import { Pagination } from "@/components/data-table/pagination";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { ErrorState } from "@/components/layout/error-state";
import { PageHeader } from "@/components/layout/page-header";
import { buttonClass } from "@/components/ui/button-class";
import { PAGE_SIZE } from "@/lib/page-size";
import { auditQuery } from "../api";
import { type AuditSearch, countAuditFilters, exportUrl, toQuery } from "../search";
import { AuditCard } from "./audit-card";
import { auditColumns } from "./audit-columns";
import { AuditFilters } from "./audit-filters";
import { VerifyAudit } from "./verify-audit";

interface AuditPageProps {
  search: AuditSearch;
  onSearch: (search: AuditSearch) => void;
}

export function AuditPage({ search, onSearch }: AuditPageProps) {
  const events = useQuery(auditQuery(toQuery(search)));
  const queries = useQueryClient();
  const filtered = countAuditFilters(search) > 0;
  const ofActor = useCallback(
    (actor: string) => onSearch({ ...search, actor, page: undefined }),
    [search, onSearch],
  );
  const columns = useMemo(() => auditColumns(ofActor), [ofActor]);
  return (
    <>
      <PageHeader
        title="Audit log"
        meta="Every sign-in, change, restore, download and refusal. Each event is tied to the one before it."
        actions={
          <>
            <VerifyAudit />
            <a href={exportUrl(search)} download className={buttonClass()}>
              <Download aria-hidden />
              {filtered ? "Export these" : "Export"}
            </a>
          </>
        }
      />
      <div className="panel">
        <AuditFilters search={search} onSearch={onSearch} />
        {events.isError ? (
          <div className="p-4">
            <ErrorState
              title="The audit log could not be loaded"
              error={events.error}
              onRetry={() => events.refetch()}
            />
          </div>
        ) : events.isPending ? (
          <TableSkeleton label="Loading the audit log" rows={8} />
        ) : events.data.items.length === 0 ? (
          filtered ? (
            <NoMatch onClear={() => onSearch({ limit: search.limit })}>No event fits these filters.</NoMatch>
          ) : (
            <p className="px-4 py-12 text-center text-ink-soft">Nothing has happened yet.</p>
          )
        ) : (
          <>
            <DataTable
              caption="Events"
              columns={columns}
              rows={events.data.items}
              rowId={(event) => String(event.seq)}
              renderCard={(event) => <AuditCard event={event} onActor={ofActor} />}
              stale={events.isPlaceholderData}
            />
            <Pagination
              page={search.page ?? 1}
              limit={search.limit ?? PAGE_SIZE}
              total={events.data.total}
              onPage={(page) => onSearch({ ...search, page })}
              onLimit={(limit) => onSearch({ ...search, limit, page: undefined })}
              onIntent={(page) => void queries.prefetchQuery(auditQuery(toQuery({ ...search, page })))}
            />
          </>
        )}
      </div>
    </>
  );
}
