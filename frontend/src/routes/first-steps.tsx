import { createFileRoute } from "@tanstack/react-router";
import { Gate } from "@/components/access/gate";
import { AddDatabase } from "@/features/databases/components/add-database";
import { NearbyDatabases } from "@/features/databases/discovery/nearby-databases";
import { FirstStepsPage } from "@/features/first-steps/components/first-steps-page";
import { parseStep, type Step } from "@/features/first-steps/steps";
import { AddS3Config } from "@/features/s3/components/add-s3-config";

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
        databaseForm={(props) => <AddDatabase {...props} />}
        storageForm={(props) => <AddS3Config {...props} />}
      />
    </Gate>
  );
}
