import { useQuery } from "@tanstack/react-query";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { describeError } from "@/lib/api-error";
import { statusQuery } from "@/lib/queries";
import { toast } from "@/lib/toast";
import { useCleanUp } from "../api";

/** Retention is held while the clock is not believed; a person can say that it is right. */
export function ClockNotice() {
  const check = useQuery(statusQuery()).data?.health.checks.find((one) => one.name === "clock");
  const cleanUp = useCleanUp();
  if (!check || check.ok) return null;
  return (
    <Notice
      tone="warn"
      title="Retention is held"
      actions={
        <Button
          size="sm"
          busy={cleanUp.isPending}
          onClick={() =>
            cleanUp.mutate(true, {
              onSuccess: (done) => toast.success("Retention goes on", { description: done.message }),
              onError: (error) =>
                toast.error("Retention was not applied", { description: describeError(error) }),
            })
          }
        >
          The time is right: go on
        </Button>
      }
    >
      {check.message}
    </Notice>
  );
}
