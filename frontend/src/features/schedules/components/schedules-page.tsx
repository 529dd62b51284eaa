import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CalendarClock, FilterX, Plus } from "lucide-react";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { ErrorState } from "@/components/layout/error-state";
import { PageHeader } from "@/components/layout/page-header";
import { buttonClass } from "@/components/ui/button-class";
import { Empty } from "@/components/ui/empty";
import { schedulesQuery } from "@/lib/queries";
import { ScheduleRow } from "./schedule-row";

/** Every schedule with its switch and the time that is left. */
export function SchedulesPage({ databaseId }: { databaseId?: string }) {
  const schedules = useQuery(schedulesQuery({ databaseId }));
  const items = schedules.data?.items ?? [];
  const add = (
    <Link to="/schedules/new" search={{ databaseId }} className={buttonClass({ variant: "primary" })}>
      <Plus aria-hidden />
      Add a schedule
    </Link>
  );
  return (
    <>
      <PageHeader
        title="Schedules"
        meta={databaseId && items[0] ? `Of ${items[0].databaseName} only` : undefined}
        actions={
          <>
            {databaseId ? (
              <Link to="/schedules" search={{}} className={buttonClass()}>
                <FilterX aria-hidden />
                All schedules
              </Link>
            ) : null}
            {items.length > 0 ? add : null}
          </>
        }
      />
      {schedules.isError ? (
        <ErrorState
          title="The schedules could not be loaded"
          error={schedules.error}
          onRetry={() => schedules.refetch()}
        />
      ) : schedules.isPending ? (
        <div className="panel">
          <TableSkeleton label="Loading schedules" rows={4} />
        </div>
      ) : items.length === 0 ? (
        <Empty icon={CalendarClock} title="No schedule yet" actions={add}>
          A schedule backs a database up by itself: every hour, every night, or whenever a cron expression
          says.
        </Empty>
      ) : (
        <ul aria-label="Schedules" className="panel divide-y divide-line">
          {items.map((schedule) => (
            <ScheduleRow key={schedule.id} schedule={schedule} />
          ))}
        </ul>
      )}
    </>
  );
}
