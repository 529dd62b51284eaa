import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { History, RotateCcw } from "lucide-react";
import { Allowed } from "@/components/access/allowed";
import { DataTable } from "@/components/data-table/data-table";
import { Pagination } from "@/components/data-table/pagination";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { ErrorState } from "@/components/layout/error-state";
import { PageHeader } from "@/components/layout/page-header";
import { buttonClass } from "@/components/ui/button-class";
import { Empty } from "@/components/ui/empty";
import { restoresQuery } from "@/lib/queries";
import { RestoreCard } from "./restore-card";
import { restoreColumns } from "./restore-columns";

const PAGE_SIZE = 50;

interface RestoresPageProps {
  page: number;
  onPage: (page: number) => void;
}

export function RestoresPage({ page, onPage }: RestoresPageProps) {
  const restores = useQuery(restoresQuery({ page, limit: PAGE_SIZE }));
  const start = (
    <Allowed to="restore.execute">
      <Link to="/restore/new" className={buttonClass({ variant: "primary" })}>
        <RotateCcw aria-hidden />
        Restore a database
      </Link>
    </Allowed>
  );
  const empty = restores.data?.total === 0;

  return (
    <>
      <PageHeader title="Restores" actions={empty ? undefined : start} />
      {restores.isError ? (
        <ErrorState
          title="The restores could not be loaded"
          error={restores.error}
          onRetry={() => restores.refetch()}
        />
      ) : empty ? (
        <Empty icon={History} title="Nothing was restored yet" actions={start}>
          Try it before you need it: a restore goes into a new database beside the original and changes
          nothing else.
        </Empty>
      ) : (
        <div className="panel">
          {restores.isPending ? (
            <TableSkeleton label="Loading restores" />
          ) : (
            <>
              <DataTable
                caption="Restores"
                columns={restoreColumns}
                rows={restores.data.items}
                rowId={(restore) => restore.id}
                renderCard={(restore) => <RestoreCard restore={restore} />}
                stale={restores.isPlaceholderData}
              />
              <Pagination page={page} limit={PAGE_SIZE} total={restores.data.total} onPage={onPage} />
            </>
          )}
        </div>
      )}
    </>
  );
}
