import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CalendarClock, Eraser, Plus } from "lucide-react";
import { ErrorState } from "@/components/layout/error-state";
import { PageHeader } from "@/components/layout/page-header";
import { Button } from "@/components/ui/button";
import { buttonClass } from "@/components/ui/button-class";
import { Empty } from "@/components/ui/empty";
import { Skeleton } from "@/components/ui/skeleton";
import { describeError } from "@/lib/api-error";
import { retentionPoliciesQuery, statusQuery } from "@/lib/queries";
import { toast } from "@/lib/toast";
import { useCleanUp } from "../api";
import { ClockNotice } from "./clock-notice";
import { PolicyCard } from "./policy-card";

export function PoliciesPage() {
  const policies = useQuery(retentionPoliciesQuery());
  const ceiling = useQuery(statusQuery()).data?.maxRetentionDays;
  const cleanUp = useCleanUp();
  const add = (
    <Link to="/retention-policies/new" className={buttonClass({ variant: "primary" })}>
      <Plus aria-hidden />
      Add a policy
    </Link>
  );
  return (
    <>
      <PageHeader
        title="Retention"
        meta={
          ceiling
            ? `How long backups are kept. Nothing stays longer than ${ceiling} days, unless it is pinned.`
            : "How long backups are kept."
        }
        actions={
          <>
            <Button
              busy={cleanUp.isPending}
              onClick={() =>
                cleanUp.mutate(false, {
                  onSuccess: (done) => toast.success("Cleaned up", { description: done.message }),
                  onError: (error) =>
                    toast.error("Nothing was deleted", { description: describeError(error) }),
                })
              }
            >
              {cleanUp.isPending ? null : <Eraser aria-hidden />}
              Clean up now
            </Button>
            {policies.data?.length ? add : null}
          </>
        }
      />
      <div className="space-y-4">
        <ClockNotice />
        {policies.isError ? (
          <ErrorState
            title="The policies could not be loaded"
            error={policies.error}
            onRetry={() => policies.refetch()}
          />
        ) : policies.isPending ? (
          <div role="status" aria-label="Loading policies">
            <Skeleton className="h-28" />
          </div>
        ) : policies.data.length === 0 ? (
          <Empty icon={CalendarClock} title="No policy yet" actions={add}>
            Without one, a schedule's backups are kept for ever
            {ceiling ? `, but for the limit of ${ceiling} days` : ""}.
          </Empty>
        ) : (
          policies.data.map((policy) => <PolicyCard key={policy.id} policy={policy} />)
        )}
      </div>
    </>
  );
}
