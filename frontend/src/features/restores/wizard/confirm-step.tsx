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
import { type RestoreChoices, type RestoreSource, toPlan } from "./plan";

interface ConfirmStepProps {
  databases: DatabaseView[];
  source: RestoreSource;
  choices: RestoreChoices;
  onBack: () => void;
}

const OWNERS = {
  create: "Kept; missing roles are created",
  keep: "Kept; a missing role stops the restore",
  drop: "Left out",
};

export function ConfirmStep({ databases, source, choices, onBack }: ConfirmStepProps) {
  const plan = useMemo(() => toPlan(source, choices), [source, choices]);
  const preflight = useQuery(preflightQuery(plan)).data;
  const create = useCreateRestore();
  const navigate = useNavigate();
  const [understood, setUnderstood] = useState(false);
  const target = databases.find((database) => database.id === choices.targetId);
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
        <Fact name="From">
          {source.kind === "backup" ? fromText(source) : `${source.configName}: ${source.key}`}
        </Fact>
        <Fact name="To the server">
          {target ? `${target.host}:${target.port}, configured as ${target.name}` : "–"}
        </Fact>
        <Fact name="New database" mono>
          {choices.newDatabase}
        </Fact>
        <Fact name="What">{choices.content === "all" ? "Everything" : "Schema only"}</Fact>
        <Fact name="Owners, privileges">{OWNERS[choices.owners]}</Fact>
        {preflight ? <Fact name="To read">{formatBytes(preflight.storedSize)}</Fact> : null}
      </Facts>
      <div className="mt-3 space-y-4">
        {warnings.map((finding) => (
          <Notice key={finding.message} tone="warn">
            {finding.message}
          </Notice>
        ))}
        <Notice>
          The database <strong className="font-semibold text-ink">{choices.newDatabase}</strong> is created
          beside what is there; nothing existing is changed. If the restore fails or the backup turns out
          damaged, the new database is removed again.
        </Notice>
        <Checkbox
          checked={understood}
          onChange={setUnderstood}
          label={`I understand that this creates a database on ${target?.host ?? "the server"} and puts load on it.`}
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
          Restore into {choices.newDatabase}
        </Button>
      </footer>
    </Section>
  );
}

function fromText(source: Extract<RestoreSource, { kind: "backup" }>): string {
  return source.copyId ? "The copy you chose" : "The nearest whole copy";
}
