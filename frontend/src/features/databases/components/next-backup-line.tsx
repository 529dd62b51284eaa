import { Link } from "@tanstack/react-router";
import { CalendarClock, CalendarOff } from "lucide-react";
import type { DatabaseView } from "@/client";
import { Countdown } from "@/components/run/countdown";

interface NextBackupLineProps {
  database: DatabaseView;
  /** Where the words "next backup" stand already. */
  bare?: boolean;
}

/** When the next scheduled backup is due, or the way to one. */
export function NextBackupLine({ database, bare }: NextBackupLineProps) {
  const next = database.nextBackupAt;
  const Icon = next ? CalendarClock : CalendarOff;
  return (
    <p className="flex items-center gap-1.5 text-sm">
      <Icon className="size-4 shrink-0 text-ink-soft" aria-hidden />
      {next ? (
        <Link
          to="/schedules"
          search={{ databaseId: database.id }}
          className="rounded-sm underline-offset-3 hover:underline"
        >
          {bare ? null : "Next backup "}
          <Countdown to={next} />
        </Link>
      ) : database.schedules > 0 ? (
        <span className="text-ink-soft">Its schedules rest while it is disabled</span>
      ) : (
        <Link
          to="/schedules/new"
          search={{ databaseId: database.id }}
          className="rounded-sm font-semibold text-accent underline-offset-3 hover:underline"
        >
          Add a schedule
        </Link>
      )}
    </p>
  );
}
