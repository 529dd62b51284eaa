import { Link } from "@tanstack/react-router";
import { CalendarPlus, Plus, RotateCcw } from "lucide-react";
import { Allowed } from "@/components/access/allowed";
import { buttonClass } from "@/components/ui/button-class";

/** What people come here to do. */
export function QuickActions() {
  return (
    <>
      <Allowed to="restore.execute">
        <Link to="/restore/new" search={{}} className={buttonClass()}>
          <RotateCcw aria-hidden />
          Restore
        </Link>
      </Allowed>
      <Allowed to="schedule.manage">
        <Link to="/schedules/new" search={{}} className={buttonClass()}>
          <CalendarPlus aria-hidden />
          Add a schedule
        </Link>
      </Allowed>
      <Allowed to="database.create">
        <Link to="/databases/new" className={buttonClass({ variant: "primary" })}>
          <Plus aria-hidden />
          Add a database
        </Link>
      </Allowed>
    </>
  );
}
