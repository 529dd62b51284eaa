import { useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { BackLink } from "@/components/layout/back-link";
import { PageHeader } from "@/components/layout/page-header";
import { scheduleQuery } from "@/lib/queries";
import { toast } from "@/lib/toast";
import { useUpdateSchedule } from "../api";
import { ScheduleForm } from "../forms/schedule-form";
import { ScheduleSurroundings } from "./schedule-surroundings";

export function EditSchedulePage({ id }: { id: string }) {
  const { data: schedule } = useSuspenseQuery(scheduleQuery(id));
  const update = useUpdateSchedule(id);
  const navigate = useNavigate();
  return (
    <>
      <PageHeader
        title={`Edit ${schedule.name || "the schedule"} of ${schedule.databaseName}`}
        back={
          <BackLink to="/schedules" search={{}}>
            Schedules
          </BackLink>
        }
        meta={schedule.enabled ? undefined : "It is switched off: the list has its switch."}
      />
      <ScheduleSurroundings databaseId={schedule.databaseId}>
        {(loaded) => (
          <ScheduleForm
            {...loaded}
            saved={schedule}
            submitLabel="Save the changes"
            onSave={async ({ databaseId: _fixed, enabled: _list, ...input }) => {
              await update.mutateAsync(input as Parameters<typeof update.mutateAsync>[0]);
              toast.success("The schedule is saved");
              await navigate({ to: "/schedules", search: {} });
            }}
          />
        )}
      </ScheduleSurroundings>
    </>
  );
}
