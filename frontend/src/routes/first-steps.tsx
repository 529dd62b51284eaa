import { createFileRoute } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { Gate } from "@/components/access/gate";
import { FormPending } from "@/components/layout/form-pending";
import { NearbyDatabases } from "@/features/databases/discovery/nearby-databases";
import { FirstStepsPage } from "@/features/first-steps/components/first-steps-page";
import { parseStep, type Step } from "@/features/first-steps/steps";
import { loadAgain } from "@/lib/load-again";

// The forms bring what checks their fields; the steps around them are there before.
const AddDatabase = lazy(async () => {
  const { AddDatabase } = await loadAgain(() => import("@/features/databases/components/add-database"));
  return { default: AddDatabase };
});
const AddS3Config = lazy(async () => {
  const { AddS3Config } = await loadAgain(() => import("@/features/s3/components/add-s3-config"));
  return { default: AddS3Config };
});

export const Route = createFileRoute("/first-steps")({
  validateSearch: (search: Record<string, unknown>): { step?: Step } => ({ step: parseStep(search.step) }),
  component: FirstSteps,
});

function FirstSteps() {
  const { step } = Route.useSearch();
  const navigate = Route.useNavigate();
  return (
    <Gate to="database.create" title="First steps">
      <FirstStepsPage
        step={step}
        onStep={(next) => void navigate({ search: { step: next } })}
        discovered={<NearbyDatabases />}
        databaseForm={(props) => (
          <Suspense fallback={<FormPending />}>
            <AddDatabase {...props} />
          </Suspense>
        )}
        storageForm={(props) => (
          <Suspense fallback={<FormPending />}>
            <AddS3Config {...props} />
          </Suspense>
        )}
      />
    </Gate>
  );
}
