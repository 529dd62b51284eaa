import type { ScheduleView } from "@/client";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { describeError } from "@/lib/api-error";
import { toast } from "@/lib/toast";
import { useDeleteSchedule } from "../api";

interface DeleteScheduleProps {
  schedule: ScheduleView;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

export function DeleteSchedule({ schedule, open, onOpenChange }: DeleteScheduleProps) {
  const remove = useDeleteSchedule(schedule.id);
  const name = schedule.name || schedule.reading;
  return (
    <ConfirmDialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Delete the schedule “${name}”?`}
      confirmLabel="Delete the schedule"
      cancelLabel="Keep it"
      danger
      busy={remove.isPending}
      onConfirm={() =>
        remove.mutate(undefined, {
          onSuccess: () => {
            onOpenChange(false);
            toast.success("The schedule is deleted");
          },
          onError: (error) =>
            toast.error("The schedule was not deleted", { description: describeError(error) }),
        })
      }
    >
      <p>
        {schedule.databaseName} is no longer backed up by it. The backups it has made stay. To let it rest for
        a while, switch it off instead.
      </p>
    </ConfirmDialog>
  );
}
