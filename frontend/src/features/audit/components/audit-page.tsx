import { useQuery } from "@tanstack/react-query";
import { Download, FilterX } from "lucide-react";
import { Pagination } from "@/components/data-table/pagination";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { ErrorState } from "@/components/layout/error-state";
import { PageHeader } from "@/components/layout/page-header";
import { Button } from "@/components/ui/button";
import { buttonClass } from "@/components/ui/button-class";
import { auditQuery } from "../api";
import { type AuditSearch, exportUrl, PAGE_SIZE, toQuery } from "../search";
import { AuditFilters } from "./audit-filters";
import { AuditRow } from "./audit-row";
import { VerifyAudit } from "./verify-audit";

interface AuditPageProps {
  search: AuditSearch;
  onSearch: (search: AuditSearch) => void;
}

export function AuditPage({ search, onSearch }: AuditPageProps) {
  const events = useQuery(auditQuery(toQuery(search)));
  const filtered = Object.keys(search).some((key) => key !== "page" && search[key as keyof AuditSearch]);
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
          <div className="flex flex-col items-center gap-3 px-4 py-12 text-ink-soft">
            {filtered ? "No event fits these filters." : "Nothing has happened yet."}
            {filtered ? (
              <Button onClick={() => onSearch({})}>
                <FilterX aria-hidden />
                Clear the filters
              </Button>
            ) : null}
          </div>
        ) : (
          <>
            <ul aria-label="Events" className="divide-y divide-line">
              {events.data.items.map((event) => (
                <AuditRow
                  key={event.seq}
                  event={event}
                  onActor={(actor) => onSearch({ ...search, actor, page: undefined })}
                />
              ))}
            </ul>
            <Pagination
              page={search.page ?? 1}
              limit={PAGE_SIZE}
              total={events.data.total}
              onPage={(page) => onSearch({ ...search, page })}
            />
          </>
        )}
      </div>
    </>
  );
}
