import { useQuery } from "@tanstack/react-query";
import { ErrorState } from "@/components/layout/error-state";
import { Section } from "@/components/ui/section";
import { Skeleton } from "@/components/ui/skeleton";
import { secondFactorQuery } from "../api";
import { EnrolSecondFactor } from "./enrol-second-factor";
import { TurnOffSecondFactor } from "./turn-off-second-factor";

/** One's own second factor: off, being set up, or on. */
export function SecondFactor() {
  const state = useQuery(secondFactorQuery());
  return (
    <Section title="Second factor">
      {state.isError ? (
        <ErrorState
          title="The second factor could not be loaded"
          error={state.error}
          onRetry={() => state.refetch()}
        />
      ) : state.isPending ? (
        <Skeleton className="h-24" />
      ) : state.data.enabled ? (
        <TurnOffSecondFactor codesLeft={state.data.recoveryCodesLeft} />
      ) : (
        <EnrolSecondFactor onDone={() => state.refetch()} />
      )}
    </Section>
  );
}
