import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { ErrorState } from "@/components/layout/error-state";
import { PageHeader } from "@/components/layout/page-header";
import { PagePending } from "@/components/layout/page-pending";
import { StepList } from "@/components/layout/step-list";
import { buttonClass } from "@/components/ui/button-class";
import { useMay } from "@/lib/access";
import { databasesQuery, retentionPoliciesQuery, s3ConfigsQuery, statusQuery } from "@/lib/queries";
import { nextStep, STEPS, type Step, stepAfter, stepBefore } from "../steps";
import { BackupStep } from "./backup-step";
import { type AddForm, DatabasesStep } from "./databases-step";
import { DoneStep } from "./done-step";
import { KeyStep } from "./key-step";
import { ScheduleStep } from "./schedule-step";
import { StorageStep } from "./storage-step";

interface FirstStepsPageProps {
  /** Left out: where what is set up already ends. */
  step?: Step;
  onStep: (step: Step) => void;
  databaseForm: (props: AddForm) => ReactNode;
  storageForm: (props: AddForm) => ReactNode;
  /** Databases that were found nearby. */
  discovered?: ReactNode;
}

/** From nothing to the first backup. What was done stays done: it can be left and gone on with at any time. */
export function FirstStepsPage(props: FirstStepsPageProps) {
  const databases = useQuery(databasesQuery());
  const s3Configs = useQuery(s3ConfigsQuery());
  const policies = useQuery(retentionPoliciesQuery());
  const status = useQuery(statusQuery());
  const mayConfigure = useMay("system.configure");
  const failed = [databases, s3Configs, policies].find((query) => query.isError);
  const header = (
    <PageHeader
      title="First steps"
      meta="Leave whenever you like: everything you add is kept."
      actions={
        <Link to="/" className={buttonClass({ size: "sm" })}>
          Finish later
        </Link>
      }
    />
  );
  if (failed) {
    return (
      <>
        {header}
        <ErrorState title="This could not be loaded" error={failed.error} onRetry={() => failed.refetch()} />
      </>
    );
  }
  if (!databases.data || !s3Configs.data || !policies.data) return <PagePending />;

  const items = databases.data.items;
  const step = props.step ?? nextStep(items, s3Configs.data.length);
  const before = stepBefore(step);
  const ways = {
    onNext: () => props.onStep(stepAfter(step)),
    onBack: () => before && props.onStep(before),
  };
  return (
    <>
      {header}
      <StepList steps={STEPS} current={step} />
      {step === "key" ? <KeyStep status={status.data} onNext={ways.onNext} /> : null}
      {step === "databases" ? (
        <DatabasesStep databases={items} discovered={props.discovered} form={props.databaseForm} {...ways} />
      ) : null}
      {step === "storage" ? (
        <StorageStep
          s3Configs={s3Configs.data}
          status={status.data}
          form={mayConfigure ? props.storageForm : null}
          {...ways}
        />
      ) : null}
      {step === "schedule" ? (
        <ScheduleStep databases={items} policies={policies.data} status={status.data} {...ways} />
      ) : null}
      {step === "backup" ? <BackupStep databases={items} {...ways} /> : null}
      {step === "done" ? <DoneStep databases={items} onBack={ways.onBack} /> : null}
    </>
  );
}
