import { Link, useNavigate } from "@tanstack/react-router";
import { Archive, Ellipsis, Pencil, Play, Trash2 } from "lucide-react";
import { useState } from "react";
import type { ScheduleView } from "@/client";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem } from "@/components/ui/menu";
import { MenuSeparator } from "@/components/ui/menu-separator";
import { describeError } from "@/lib/api-error";
import { toast } from "@/lib/toast";
import { useRunSchedule } from "../api";
import { DeleteSchedule } from "./delete-schedule";

export function ScheduleMenu({ schedule }: { schedule: ScheduleView }) {
  const [deleting, setDeleting] = useState(false);
  const run = useRunSchedule(schedule.id);
  const navigate = useNavigate();
  const name = schedule.name || schedule.reading;
  const runNow = () =>
    run.mutate(undefined, {
      onSuccess: (backup) => void navigate({ to: "/backups/$id", params: { id: backup.id } }),
      onError: (error) => toast.error("The backup did not start", { description: describeError(error) }),
    });
  return (
    <>
      <Menu
        trigger={
          <Button
            variant="ghost"
            size="icon"
            aria-label={`More for ${name} of ${schedule.databaseName}`}
            busy={run.isPending}
          >
            {run.isPending ? null : <Ellipsis aria-hidden />}
          </Button>
        }
      >
        <MenuItem icon={<Play aria-hidden />} disabled={!schedule.databaseEnabled} onSelect={runNow}>
          Run now
        </MenuItem>
        <MenuItem
          icon={<Pencil aria-hidden />}
          render={<Link to="/schedules/$id/edit" params={{ id: schedule.id }} />}
        >
          Edit
        </MenuItem>
        <MenuItem
          icon={<Archive aria-hidden />}
          render={<Link to="/backups" search={{ scheduleId: schedule.id }} />}
        >
          Its backups
        </MenuItem>
        <MenuSeparator />
        <MenuItem icon={<Trash2 aria-hidden />} danger onSelect={() => setDeleting(true)}>
          Delete…
        </MenuItem>
      </Menu>
      <DeleteSchedule schedule={schedule} open={deleting} onOpenChange={setDeleting} />
    </>
  );
}
