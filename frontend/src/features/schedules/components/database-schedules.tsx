import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { ErrorState } from "@/components/layout/error-state";
import { Section } from "@/components/ui/section";
import { schedulesQuery } from "@/lib/queries";
import { ScheduleRow } from "./schedule-row";

/** The schedules of one database, on its page. */
export function DatabaseSchedules({ databaseId }: { databaseId: string }) {
  const schedules = useQuery(schedulesQuery({ databaseId }));
  return (
    <Section
      title="Schedules"
      flush
      aside={
        <Link
          to="/schedules/new"
          search={{ databaseId }}
          className="rounded-sm text-sm font-semibold text-accent underline-offset-3 hover:underline"
        >
          Add a schedule
        </Link>
      }
    >
      {schedules.isError ? (
        <div className="p-4">
          <ErrorState
            title="The schedules could not be loaded"
            error={schedules.error}
            onRetry={() => schedules.refetch()}
          />
        </div>
      ) : schedules.isPending ? (
        <TableSkeleton label="Loading schedules" rows={1} />
      ) : schedules.data.items.length === 0 ? (
        <p className="px-4 py-6 text-center text-ink-soft">
          None: it is backed up only when somebody thinks of it.
        </p>
      ) : (
        <ul aria-label="Schedules" className="divide-y divide-line">
          {schedules.data.items.map((schedule) => (
            <ScheduleRow key={schedule.id} schedule={schedule} ofOneDatabase />
          ))}
        </ul>
      )}
    </Section>
  );
}
