import { useNavigate } from "@tanstack/react-router";
import { BackLink } from "@/components/layout/back-link";
import { PageHeader } from "@/components/layout/page-header";
import { toast } from "@/lib/toast";
import { useCreateSchedule } from "../api";
import { ScheduleForm } from "../forms/schedule-form";
import { ScheduleSurroundings } from "./schedule-surroundings";

export function NewSchedulePage({ databaseId }: { databaseId?: string }) {
  const create = useCreateSchedule();
  const navigate = useNavigate();
  return (
    <>
      <PageHeader
        title="Add a schedule"
        back={
          <BackLink to="/schedules" search={{}}>
            Schedules
          </BackLink>
        }
      />
      <ScheduleSurroundings databaseId={databaseId}>
        {(loaded) => (
          <ScheduleForm
            {...loaded}
            submitLabel="Add the schedule"
            onSave={async (input) => {
              const schedule = await create.mutateAsync(input);
              toast.success(`${schedule.databaseName} is backed up by itself now`);
              await navigate({ to: "/schedules", search: {} });
            }}
          />
        )}
      </ScheduleSurroundings>
    </>
  );
}
