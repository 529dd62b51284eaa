import { useQuery } from "@tanstack/react-query";
import { ArrowLeft, ArrowRight } from "lucide-react";
import { useMemo } from "react";
import type { DatabaseView } from "@/client";
import { Button } from "@/components/ui/button";
import { ApiError } from "@/lib/api-error";
import { useDebounced } from "@/lib/use-debounced";
import { preflightQuery } from "../api";
import { type RestoreChoices, targetName, toPlan } from "./choices";
import { OptionFields } from "./option-fields";
import type { RestoreSource } from "./plan";
import { PreflightPanel } from "./preflight-panel";

interface OptionsStepProps {
  databases: DatabaseView[];
  source: RestoreSource;
  choices: RestoreChoices;
  onChoices: (choices: RestoreChoices) => void;
  onBack: () => void;
  onNext: () => void;
}

/** Where to and how; beside it, always up to date, whether that can work. */
export function OptionsStep({ databases, source, choices, onChoices, onBack, onNext }: OptionsStepProps) {
  const engine = databases.find((one) => one.id === choices.targetId)?.type ?? "postgresql";
  const plan = useMemo(() => toPlan(source, choices, engine), [source, choices, engine]);
  const settled = useDebounced(plan);
  const nothingChosen = choices.selection?.schemas.length === 0 && choices.selection.objects.length === 0;
  const ready = Boolean(choices.targetId && targetName(choices)) && !nothingChosen;
  const preflight = useQuery({ ...preflightQuery(settled), enabled: ready });
  const upToDate = settled === plan && !preflight.isFetching;
  const problems = preflight.error instanceof ApiError ? preflight.error.details : [];

  return (
    <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_22rem]">
      <section aria-label="Options" className="panel">
        <div className="p-4 sm:p-5">
          <OptionFields
            source={source}
            databases={databases}
            choices={choices}
            onChoices={onChoices}
            problems={problems}
          />
        </div>
        <footer className="flex flex-wrap items-center justify-between gap-3 border-t px-4 py-3 sm:px-5">
          <Button onClick={onBack}>
            <ArrowLeft aria-hidden />
            Source
          </Button>
          <Button
            variant="primary"
            disabled={!ready || !upToDate || !preflight.data?.ok}
            aria-describedby="preflight-verdict"
            onClick={onNext}
          >
            Confirm
            <ArrowRight aria-hidden />
          </Button>
        </footer>
      </section>
      <PreflightPanel
        preflight={preflight.data}
        error={preflight.error}
        pending={ready && !upToDate}
        onRetry={() => preflight.refetch()}
      />
    </div>
  );
}
