import { type FormEvent, useState } from "react";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { describeError } from "@/lib/api-error";
import { toast } from "@/lib/toast";
import { useProblems } from "@/lib/use-problems";
import { type ConfigFile, readConfigFile, useImportConfig } from "../configuration-api";
import { ImportPreview } from "./import-preview";

/** First the file and what it would change, then the change. */
export function ImportForm({ onDone }: { onDone: () => void }) {
  const [file, setFile] = useState<ConfigFile>();
  const [unreadable, setUnreadable] = useState(false);
  const [passphrase, setPassphrase] = useState("");
  const look = useImportConfig();
  const run = useImportConfig();
  const { form, problem, rest } = useProblems(look.error, ["file", "passphrase"]);
  const plan = look.data;

  const choose = async (chosen: File | undefined) => {
    look.reset();
    setFile(undefined);
    setUnreadable(false);
    if (chosen) await readConfigFile(chosen).then(setFile, () => setUnreadable(true));
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (file) look.mutate({ file, passphrase, dryRun: true });
  };
  const start = () => {
    if (!file) return;
    const done = () => {
      toast.success("Configuration imported");
      onDone();
    };
    run.mutate({ file, passphrase, dryRun: false }, { onSuccess: done });
  };

  return (
    <form ref={form} onSubmit={submit} className="space-y-5">
      <Field
        label="Exported file"
        error={unreadable ? "This is no JSON file: choose the one that was exported." : problem("file")}
      >
        {(control) => (
          <Input
            {...control}
            type="file"
            accept=".json,application/json"
            onChange={(e) => choose(e.target.files?.[0])}
          />
        )}
      </Field>
      <Field label="Passphrase" error={problem("passphrase")}>
        {(control) => (
          <Input
            {...control}
            required
            type="password"
            autoComplete="off"
            value={passphrase}
            onChange={(e) => {
              setPassphrase(e.target.value);
              look.reset();
            }}
          />
        )}
      </Field>
      {rest ? (
        <Notice tone="bad" live title="The file could not be read">
          {rest}
        </Notice>
      ) : null}
      {plan ? <ImportPreview plan={plan} /> : null}
      {run.isError ? (
        <Notice tone="bad" live title="Nothing was imported">
          {describeError(run.error)}
        </Notice>
      ) : null}
      <div className="flex justify-end gap-3">
        <Button type="submit" variant={plan ? undefined : "primary"} disabled={!file} busy={look.isPending}>
          Show what would change
        </Button>
        {plan ? (
          <Button
            variant="primary"
            disabled={plan.problems.length > 0 || plan.added + plan.changed === 0}
            busy={run.isPending}
            onClick={start}
          >
            Import
          </Button>
        ) : null}
      </div>
    </form>
  );
}
