import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CalendarClock, Plus } from "lucide-react";
import { NoMatch } from "@/components/data-table/no-match";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { ErrorState } from "@/components/layout/error-state";
import { PageHeader } from "@/components/layout/page-header";
import { buttonClass } from "@/components/ui/button-class";
import { Empty } from "@/components/ui/empty";
import { schedulesQuery } from "@/lib/queries";
import { arrange, type SchedulesSearch } from "../search";
import { ScheduleFilters } from "./schedule-filters";
import { ScheduleRow } from "./schedule-row";

interface SchedulesPageProps {
  search: SchedulesSearch;
  onSearch: (search: SchedulesSearch) => void;
}

/** Every schedule with its switch and the time that is left. */
export function SchedulesPage({ search, onSearch }: SchedulesPageProps) {
  const schedules = useQuery(schedulesQuery());
  const all = schedules.data?.items ?? [];
  const items = arrange(all, search);
  const add = (
    <Link
      to="/schedules/new"
      search={{ databaseId: search.databaseId }}
      className={buttonClass({ variant: "primary" })}
    >
      <Plus aria-hidden />
      Add a schedule
    </Link>
  );
  return (
    <>
      <PageHeader title="Schedules" actions={all.length > 0 ? add : null} />
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
      ) : all.length === 0 ? (
        <Empty icon={CalendarClock} title="No schedule yet" actions={add}>
          A schedule backs a database up by itself: every hour, every night, or whenever a cron expression
          says.
        </Empty>
      ) : (
        <div className="panel">
          <ScheduleFilters search={search} onSearch={onSearch} />
          {items.length === 0 ? (
            <NoMatch onClear={() => onSearch({ sort: search.sort })}>No schedule fits these filters.</NoMatch>
          ) : (
            <ul aria-label="Schedules" className="divide-y divide-line">
              {items.map((schedule) => (
                <ScheduleRow key={schedule.id} schedule={schedule} />
              ))}
            </ul>
          )}
        </div>
      )}
    </>
  );
}
