import { zodResolver } from "@hookform/resolvers/zod";
import { Link } from "@tanstack/react-router";
import { PlugZap } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useForm } from "react-hook-form";
import type { DatabaseView } from "@/client";
import { FormGuard } from "@/components/form/form-guard";
import { Button } from "@/components/ui/button";
import { buttonClass } from "@/components/ui/button-class";
import { Notice } from "@/components/ui/notice";
import { ApiError } from "@/lib/api-error";
import { applyProblems } from "@/lib/form-problems";
import { useTestForm } from "../api";
import { TestResult } from "../components/test-result";
import type { ParsedConnection } from "../connection-string";
import { DatabaseFields } from "./database-fields";
import { DATABASE_FIELDS, type DatabaseValues, databaseSchema, NEW_DATABASE } from "./database-schema";
import { toTest, toValues } from "./database-values";
import { DumpViaField } from "./dump-via-field";
import { EngineChoice } from "./engine-choice";
import { LimitFields } from "./limit-fields";
import { PasteConnection } from "./paste-connection";

interface DatabaseFormProps {
  /** The database to edit; left out for a new one. */
  saved?: DatabaseView;
  submitLabel: string;
  /** In place of the way back to the list. */
  cancel?: ReactNode;
  /** Rejects with `ApiError`. `force` saves although the connection test failed. */
  onSave: (values: DatabaseValues, force: boolean) => Promise<unknown>;
}

export function DatabaseForm({ saved, submitLabel, cancel, onSave }: DatabaseFormProps) {
  const form = useForm<DatabaseValues>({
    resolver: zodResolver(databaseSchema),
    defaultValues: saved ? toValues(saved) : NEW_DATABASE,
  });
  const test = useTestForm();
  const [problem, setProblem] = useState<{ message: string; canForce: boolean } | null>(null);

  const runTest = form.handleSubmit(async (values) => {
    setProblem(null);
    try {
      const result = await test.mutateAsync(toTest(values, saved));
      if (result.error) applyProblems(form, asApiError(result.error), DATABASE_FIELDS);
    } catch (error) {
      showProblem(error, false);
    }
  });

  const save = (force: boolean) =>
    form.handleSubmit(async (values) => {
      setProblem(null);
      try {
        await onSave(values, force);
      } catch (error) {
        showProblem(error, error instanceof ApiError && error.code === "DATABASE_ERROR");
      }
    })();

  function showProblem(error: unknown, canForce: boolean) {
    const left = applyProblems(form, error, DATABASE_FIELDS);
    if (left || canForce) setProblem({ message: left ?? "See the field marked above.", canForce });
  }

  function fill(parsed: ParsedConnection) {
    form.reset(
      {
        ...form.getValues(),
        type: parsed.type,
        host: parsed.host,
        port: parsed.port,
        database: parsed.databaseName,
        username: parsed.username,
        password: parsed.password,
        name: form.getValues("name") || parsed.databaseName,
        tlsMode: (parsed.tlsMode as DatabaseValues["tlsMode"] | null) ?? form.getValues("tlsMode"),
      },
      { keepDefaultValues: true },
    );
    void form.trigger();
  }

  return (
    <form
      noValidate
      className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_20rem]"
      onSubmit={(event) => {
        event.preventDefault();
        void save(false);
      }}
    >
      <FormGuard form={form} />
      <div className="panel space-y-5 p-4 sm:p-6">
        {saved ? null : <EngineChoice form={form} />}
        {saved ? null : <PasteConnection type={form.watch("type")} onParsed={fill} />}
        <DatabaseFields form={form} hasPassword={saved?.hasPassword ?? false} />
        <DumpViaField form={form} saved={saved} />
        <LimitFields form={form} />
        {problem ? (
          <Notice
            tone="bad"
            live
            title={problem.canForce ? "The connection test failed, so nothing was saved" : "Not saved"}
            actions={
              problem.canForce ? (
                <Button size="sm" onClick={() => save(true)}>
                  Save anyway
                </Button>
              ) : undefined
            }
          >
            {problem.message}
          </Notice>
        ) : null}
        <div className="flex flex-wrap gap-2 border-t pt-4">
          <Button variant="primary" type="submit" busy={form.formState.isSubmitting && !test.isPending}>
            {submitLabel}
          </Button>
          <Button busy={test.isPending} onClick={runTest}>
            <PlugZap aria-hidden />
            Test the connection
          </Button>
          {cancel ?? (
            <Link to="/databases" className={buttonClass({ variant: "ghost" })}>
              Cancel
            </Link>
          )}
        </div>
      </div>
      <TestResult result={test.data} pending={test.isPending} />
    </form>
  );
}

function asApiError(error: { code: string; message: string; details: { field: string; message: string }[] }) {
  return new ApiError(error.code, error.message, 502, error.details);
}
