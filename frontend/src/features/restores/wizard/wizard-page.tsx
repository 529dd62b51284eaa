import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { BackupDetail, DatabaseView } from "@/client";
import { ErrorState } from "@/components/layout/error-state";
import { PageHeader } from "@/components/layout/page-header";
import { PagePending } from "@/components/layout/page-pending";
import { StepList } from "@/components/layout/step-list";
import { backupQuery, databasesQuery } from "@/lib/queries";
import { FIRST_CHOICES, type RestoreChoices, withTarget } from "./choices";
import { ConfirmStep } from "./confirm-step";
import { OptionsStep } from "./options-step";
import { type RestoreSearch, type RestoreSource, STEPS, suggestName, type WizardStep } from "./plan";
import { fits } from "./source-plan";
import { SourceStep } from "./source-step";

const ALL_STEPS = [...STEPS, { id: "progress", label: "Progress" }];

interface WizardPageProps {
  search: RestoreSearch;
  onStep: (step: WizardStep) => void;
}

/** Restore in three steps; the fourth, the progress, is the restore's own page. */
export function WizardPage({ search, onStep }: WizardPageProps) {
  const databases = useQuery(databasesQuery());
  const given = useQuery({ ...backupQuery(search.backup ?? ""), enabled: Boolean(search.backup) });

  return (
    <>
      <PageHeader title="Restore a database" meta="Nothing is changed before the last step." />
      {databases.isError ? (
        <ErrorState
          title="The databases could not be loaded"
          error={databases.error}
          onRetry={() => databases.refetch()}
        />
      ) : databases.isPending || given.isLoading ? (
        <PagePending />
      ) : (
        <Wizard
          search={search}
          onStep={onStep}
          databases={databases.data.items}
          given={given.data?.status === "completed" ? given.data : null}
        />
      )}
    </>
  );
}

interface WizardProps extends WizardPageProps {
  databases: DatabaseView[];
  given: BackupDetail | null;
}

function Wizard({ search, onStep, databases, given }: WizardProps) {
  const [source, setSource] = useState<RestoreSource | null>(
    given && {
      kind: "backup",
      backupId: given.id,
      copyId: null,
      databaseId: given.databaseId,
      databaseName: given.databaseName,
    },
  );
  const [choices, setChoices] = useState<RestoreChoices>({
    ...FIRST_CHOICES,
    targetId: search.target ?? given?.databaseId ?? "",
  });
  // A reload in the middle has lost the choices: begin where they are made.
  const step = source ? (search.step ?? "source") : "source";

  function goToOptions() {
    if (!source) return;
    setChoices((old) => {
      const own = source.kind === "backup" ? source.databaseId : null;
      const target =
        databases.find((database) => database.id === (old.targetId || own)) ??
        databases.find((database) => database.id === own) ??
        databases[0];
      const name =
        source.kind === "backup"
          ? (target?.database ?? source.databaseName)
          : (source.kind === "upload" && source.database) || (target?.database ?? "database");
      const named = {
        ...old,
        newDatabase: old.newDatabase || suggestName(name),
        mode: fits(source, old.mode) ? old.mode : ("newDatabase" as const),
      };
      return target ? withTarget(named, target) : named;
    });
    onStep("options");
  }

  return (
    <>
      <StepList steps={ALL_STEPS} current={step} />
      {step === "source" ? (
        <SourceStep
          databases={databases}
          databaseId={search.target ?? given?.databaseId ?? undefined}
          s3ConfigId={search.s3}
          source={source}
          onSource={(next) => {
            setSource(next);
            // What was chosen of one source means nothing in another.
            setChoices((old) => ({ ...old, selection: null, trusted: false }));
          }}
          onNext={goToOptions}
        />
      ) : null}
      {source && step === "options" ? (
        <OptionsStep
          databases={databases}
          source={source}
          choices={choices}
          onChoices={setChoices}
          onBack={() => onStep("source")}
          onNext={() => onStep("confirm")}
        />
      ) : null}
      {source && step === "confirm" ? (
        <ConfirmStep
          databases={databases}
          source={source}
          choices={choices}
          onBack={() => onStep("options")}
        />
      ) : null}
    </>
  );
}
