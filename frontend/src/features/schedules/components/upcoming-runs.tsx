import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { Countdown } from "@/components/run/countdown";
import { Section } from "@/components/ui/section";
import { schedulesQuery } from "@/lib/queries";
import { formatInZone } from "../zone-time";

const SHOWN = 5;

/** What runs next, on the overview. */
export function UpcomingRuns() {
  const schedules = useQuery(schedulesQuery({ enabled: true }));
  const coming = (schedules.data?.items ?? [])
    .filter((schedule) => schedule.databaseEnabled && schedule.nextRunAt)
    .sort((a, b) => Date.parse(a.nextRunAt ?? "") - Date.parse(b.nextRunAt ?? ""))
    .slice(0, SHOWN);
  return (
    <Section
      title="Upcoming"
      flush
      aside={
        <Link
          to="/schedules"
          search={{}}
          className="rounded-sm text-sm font-semibold text-accent underline-offset-3 hover:underline"
        >
          All schedules
        </Link>
      }
    >
      {schedules.isPending ? <TableSkeleton label="Loading the schedules" rows={3} /> : null}
      {schedules.isSuccess && coming.length === 0 ? (
        <p className="px-4 py-3 text-ink-soft">
          Nothing is planned: backups are made only when somebody thinks of them.
        </p>
      ) : null}
      <ul className={coming.length > 0 ? "divide-y divide-line" : "hidden"}>
        {coming.map((schedule) => (
          <li
            key={schedule.id}
            className="grid grid-cols-[minmax(0,1fr)_auto] items-baseline gap-x-4 px-4 py-2.5"
          >
            <p className="min-w-0 truncate">
              <span className="font-semibold">{schedule.databaseName}</span>
              <span className="text-ink-soft"> · {schedule.name || schedule.reading}</span>
            </p>
            <p className="text-right">
              <span className="font-semibold">
                <Countdown to={schedule.nextRunAt ?? ""} />
              </span>
              <span className="ml-3 text-sm text-ink-soft max-sm:hidden lg:max-xl:hidden">
                {formatInZone(schedule.nextRunAt ?? "", schedule.timezone)}
              </span>
            </p>
          </li>
        ))}
      </ul>
    </Section>
  );
}
