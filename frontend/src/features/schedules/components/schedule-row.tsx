import { Link } from "@tanstack/react-router";
import { CalendarX } from "lucide-react";
import type { ScheduleView } from "@/client";
import { Countdown } from "@/components/run/countdown";
import { ManagedBadge } from "@/components/run/managed-badge";
import { StatusBadge } from "@/components/run/status-badge";
import { Badge } from "@/components/ui/badge";
import { Switch } from "@/components/ui/switch";
import { Time } from "@/components/ui/time";
import { useToggleSchedule } from "../api";
import { missedRuns } from "../missed";
import { formatInZone } from "../zone-time";
import { ScheduleMenu } from "./schedule-menu";

interface ScheduleRowProps {
  schedule: ScheduleView;
  /** On a page about one database its name is not said again. */
  ofOneDatabase?: boolean;
}

export function ScheduleRow({ schedule, ofOneDatabase }: ScheduleRowProps) {
  const toggle = useToggleSchedule(schedule.id);
  const name = schedule.name || schedule.reading;
  const missed = missedRuns(schedule);
  return (
    <li className="grid grid-cols-[auto_minmax(0,1fr)_auto] items-start gap-x-3.5 gap-y-2 px-4 py-3 md:grid-cols-[auto_minmax(0,1fr)_13rem_11rem_auto]">
      <Switch
        label={`${name} of ${schedule.databaseName}`}
        checked={schedule.enabled}
        onChange={(enabled) => toggle.mutate(enabled)}
      />
      <div className="min-w-0">
        <Link
          to="/schedules/$id/edit"
          params={{ id: schedule.id }}
          className="inline-block min-h-6 rounded-sm font-semibold break-words underline-offset-3 hover:underline"
        >
          {name}
        </Link>
        <p className="text-sm break-words text-ink-soft">
          {ofOneDatabase ? null : (
            <>
              <Link
                to="/databases/$id"
                params={{ id: schedule.databaseId }}
                className="rounded-sm underline-offset-3 hover:underline"
              >
                {schedule.databaseName}
              </Link>
              {" · "}
            </>
          )}
          {schedule.name ? `${schedule.reading}, ` : ""}
          {schedule.timezone}
        </p>
        {schedule.managedBy ? (
          <p className="mt-1.5">
            <ManagedBadge managedBy={schedule.managedBy} />
          </p>
        ) : null}
        {missed > 0 ? (
          <p className="mt-1.5 text-sm text-ink-soft">
            <Badge tone="warn" icon={CalendarX} className="mr-1.5">
              {missed === 1 ? "1 run missed" : `${missed >= 1000 ? "1000 or more" : missed} runs missed`}
            </Badge>
            {schedule.missedReason}
          </p>
        ) : null}
      </div>
      <div className="grid grid-cols-2 gap-x-4 max-md:col-span-2 max-md:col-start-2 max-md:row-start-2 md:contents">
        <div>
          <p className="caption">Next run</p>
          {schedule.enabled && schedule.databaseEnabled && schedule.nextRunAt ? (
            <>
              <p className="font-semibold">
                <Countdown to={schedule.nextRunAt} />
              </p>
              <p className="text-sm text-ink-soft">{formatInZone(schedule.nextRunAt, schedule.timezone)}</p>
            </>
          ) : (
            <p className="text-ink-soft">{schedule.enabled ? restReason(schedule) : "Switched off"}</p>
          )}
        </div>
        <div>
          <p className="caption">Last run</p>
          {schedule.lastRun ? (
            <Link
              to="/backups/$id"
              params={{ id: schedule.lastRun.id }}
              className="flex flex-wrap items-center gap-x-2 gap-y-0.5 rounded-sm text-sm text-ink-soft"
            >
              <StatusBadge status={schedule.lastRun.status} />
              <Time value={schedule.lastRun.createdAt} />
            </Link>
          ) : (
            <p className="text-ink-soft">None yet</p>
          )}
        </div>
      </div>
      <div className="max-md:col-start-3 max-md:row-start-1">
        <ScheduleMenu schedule={schedule} />
      </div>
    </li>
  );
}

function restReason(schedule: ScheduleView): string {
  return schedule.databaseEnabled ? "Being worked out" : "The database is disabled";
}
