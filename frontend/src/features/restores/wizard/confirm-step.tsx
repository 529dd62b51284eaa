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
import { newKey } from "@/lib/new-key";
import { preflightQuery, useCreateRestore } from "../api";
import { MODES, type RestoreMode } from "../mode";
import { isSourceItself, type RestoreChoices, targetName, toPlan } from "./choices";
import { OptionFacts } from "./option-facts";
import type { RestoreSource } from "./plan";
import { describeSelection } from "./selection";
import { TypedName } from "./typed-name";
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
  const [typed, setTyped] = useState("");
  // One key for this confirmation: however often the button is pressed, one restore starts.
  const [idempotencyKey] = useState(newKey);
  const { creates, destroys } = MODES[choices.mode];
  const name = targetName(choices);
  const confirmed = understood && (!destroys || typed === name);
  const warnings = preflight?.findings.filter((finding) => finding.level === "warning") ?? [];

  const start = () =>
    create.mutate(
      { plan, idempotencyKey, ...(destroys ? { confirmName: typed } : {}) },
      {
        onSuccess: (restore) =>
          void navigate({ to: "/restores/$id", params: { id: restore.id }, replace: true }),
      },
    );

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
        <WhatHappens choices={choices} engine={engine} itself={isSourceItself(source, choices, target)} />
        {destroys ? <TypedName name={name} typed={typed} onTyped={setTyped} /> : null}
        <Checkbox
          checked={understood}
          onChange={setUnderstood}
          label={understanding(choices.mode, name, target?.host ?? "the server")}
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
        <Button
          variant={destroys ? "danger" : "primary"}
          disabled={!confirmed}
          busy={create.isPending}
          onClick={start}
        >
          {create.isPending ? null : <RotateCcw aria-hidden />}
          {startLabel(choices.mode, name)}
        </Button>
      </footer>
    </Section>
  );
}

function understanding(mode: RestoreMode, name: string, host: string): string {
  if (MODES[mode].creates) return `I understand that this creates a database on ${host} and puts load on it.`;
  if (MODES[mode].destroys) return `I understand that this will modify the database ${name} on ${host}.`;
  const does = mode === "runScript" ? "runs a script in" : "adds rows to";
  return `I understand that this ${does} the existing database ${name} on ${host}.`;
}

function startLabel(mode: RestoreMode, name: string): string {
  if (mode === "replace") return `Replace ${name}`;
  if (mode === "runScript") return `Run it in ${name}`;
  return MODES[mode].creates || mode === "clean" ? `Restore into ${name}` : `Add the rows to ${name}`;
}

function fromText(source: RestoreSource): string {
  if (source.kind === "backup") return source.copyId ? "The copy you chose" : "The nearest whole copy";
  if (source.kind === "s3") return `${source.configName}: ${source.key}`;
  return source.kind === "upload" ? `The uploaded file ${source.name}` : "The script you wrote";
}
