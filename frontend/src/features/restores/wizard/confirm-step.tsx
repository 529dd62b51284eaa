import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ArrowLeft, RotateCcw } from "lucide-react";
import { useMemo, useState } from "react";
import type { DatabaseView } from "@/client";
import { Button } from "@/components/ui/button";
import { Checkbox } from "@/components/ui/checkbox";
import { Fact, Facts } from "@/components/ui/facts";
import { Notice } from "@/components/ui/notice";
import { Section } from "@/components/ui/section";
import { describeError } from "@/lib/api-error";
import { formatAbsolute, formatBytes } from "@/lib/format";
import { preflightQuery, useCreateRestore } from "../api";
import { MODES } from "../mode";
import { isSourceItself, type RestoreChoices, targetName, toPlan } from "./choices";
import { OptionFacts } from "./option-facts";
import type { RestoreSource } from "./plan";
import { describeSelection } from "./selection";
import { WhatHappens } from "./what-happens";

interface ConfirmStepProps {
  databases: DatabaseView[];
  source: RestoreSource;
  choices: RestoreChoices;
  onBack: () => void;
}

export function ConfirmStep({ databases, source, choices, onBack }: ConfirmStepProps) {
  const target = databases.find((database) => database.id === choices.targetId);
  const engine = target?.type ?? "postgresql";
  const plan = useMemo(() => toPlan(source, choices, engine), [source, choices, engine]);
  const preflight = useQuery(preflightQuery(plan)).data;
  const create = useCreateRestore();
  const navigate = useNavigate();
  const [understood, setUnderstood] = useState(false);
  const creates = MODES[choices.mode].creates;
  const runs = choices.mode === "runScript";
  const name = targetName(choices);
  const warnings = preflight?.findings.filter((finding) => finding.level === "warning") ?? [];

  const start = () =>
    create.mutate(plan, {
      onSuccess: (restore) =>
        void navigate({ to: "/restores/$id", params: { id: restore.id }, replace: true }),
    });

  return (
    <Section title="Confirm" className="max-w-3xl">
      <Facts className="-mt-2">
        <Fact name="Restore">
          <strong className="font-semibold">{preflight?.sourceName ?? "The backup"}</strong>
          {preflight ? ` as of ${formatAbsolute(preflight.backupCompletedAt)}` : null}
        </Fact>
        <Fact name="From">{fromText(source)}</Fact>
        <Fact name="To the server">
          {target ? `${target.host}:${target.port}, configured as ${target.name}` : "–"}
        </Fact>
        <Fact name="What">{MODES[choices.mode].label}</Fact>
        <Fact name={creates ? "New database" : "Existing database"} mono>
          {name}
        </Fact>
        {choices.selection ? <Fact name="Chosen">{describeSelection(choices.selection)}</Fact> : null}
        <OptionFacts choices={choices} engine={engine} />
        {preflight ? <Fact name="To read">{formatBytes(preflight.storedSize)}</Fact> : null}
      </Facts>
      <div className="mt-3 space-y-4">
        {warnings.map((finding) => (
          <Notice key={finding.message} tone="warn">
            {finding.message}
          </Notice>
        ))}
        <WhatHappens
          name={name}
          creates={creates}
          runs={runs}
          itself={isSourceItself(source, choices, target)}
        />
        <Checkbox
          checked={understood}
          onChange={setUnderstood}
          label={
            creates
              ? `I understand that this creates a database on ${target?.host ?? "the server"} and puts load on it.`
              : `I understand that this ${runs ? "runs a script in" : "adds rows to"} the existing database ${name} on ${target?.host ?? "the server"}.`
          }
        />
        {create.isError ? (
          <Notice tone="bad" live title="The restore did not start">
            {describeError(create.error)}
          </Notice>
        ) : null}
      </div>
      <footer className="-mx-4 mt-4 -mb-3 flex flex-wrap justify-between gap-3 border-t px-4 py-3">
        <Button onClick={onBack}>
          <ArrowLeft aria-hidden />
          Options
        </Button>
        <Button variant="primary" disabled={!understood} busy={create.isPending} onClick={start}>
          {create.isPending ? null : <RotateCcw aria-hidden />}
          {creates ? `Restore into ${name}` : runs ? `Run it in ${name}` : `Add the rows to ${name}`}
        </Button>
      </footer>
    </Section>
  );
}

function fromText(source: RestoreSource): string {
  if (source.kind === "backup") return source.copyId ? "The copy you chose" : "The nearest whole copy";
  if (source.kind === "s3") return `${source.configName}: ${source.key}`;
  return source.kind === "upload" ? `The uploaded file ${source.name}` : "The script you wrote";
}
