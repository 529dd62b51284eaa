import { zodResolver } from "@hookform/resolvers/zod";
import { Link } from "@tanstack/react-router";
import { PlugZap } from "lucide-react";
import { type ReactNode, useMemo, useState } from "react";
import { useForm } from "react-hook-form";
import type { S3ConfigView } from "@/client";
import { FormGuard } from "@/components/form/form-guard";
import { Button } from "@/components/ui/button";
import { buttonClass } from "@/components/ui/button-class";
import { Notice } from "@/components/ui/notice";
import { applyProblems } from "@/lib/form-problems";
import { useTestS3Form } from "../api";
import { S3TestPanel } from "../components/s3-test-panel";
import { S3AdvancedFields } from "./s3-advanced-fields";
import { S3Fields } from "./s3-fields";
import { NEW_S3, S3_FIELDS, type S3Values, s3Schema } from "./s3-schema";
import { toTest, toValues } from "./s3-values";

interface S3FormProps {
  saved?: S3ConfigView;
  submitLabel: string;
  /** In place of the way back to the list. */
  cancel?: ReactNode;
  /** Rejects with `ApiError`. */
  onSave: (values: S3Values) => Promise<unknown>;
}

/** Tested before it is saved: a bucket that can't be written to is found out now, not at night. */
export function S3Form({ saved, submitLabel, cancel, onSave }: S3FormProps) {
  const schema = useMemo(() => s3Schema(Boolean(saved), Boolean(saved?.hasCustomerKey)), [saved]);
  const form = useForm<S3Values>({
    resolver: zodResolver(schema),
    defaultValues: saved ? toValues(saved) : NEW_S3,
  });
  const test = useTestS3Form();
  const [problem, setProblem] = useState<{ title: string; message: string; canForce: boolean } | null>(null);

  const runTest = form.handleSubmit(async (values) => {
    setProblem(null);
    try {
      await test.mutateAsync(toTest(values, saved));
    } catch (error) {
      show("The storage could not be tested", error);
    }
  });

  const save = (force: boolean) =>
    form.handleSubmit(async (values) => {
      setProblem(null);
      try {
        if (!force && !(await test.mutateAsync(toTest(values, saved))).ok) {
          const message = "A backup could not be stored with these settings: see the failed step.";
          return setProblem({ title: "The test failed, so nothing was saved", message, canForce: true });
        }
        await onSave(values);
      } catch (error) {
        show("Not saved", error);
      }
    })();

  function show(title: string, error: unknown) {
    const message = applyProblems(form, error, S3_FIELDS);
    if (message !== null) setProblem({ title, message, canForce: false });
  }

  return (
    <form
      noValidate
      className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_22rem]"
      onSubmit={(event) => {
        event.preventDefault();
        void save(false);
      }}
    >
      <FormGuard form={form} />
      <div className="panel space-y-5 p-4 sm:p-6">
        <S3Fields form={form} saved={saved} />
        <S3AdvancedFields form={form} saved={saved} />
        {problem ? (
          <Notice
            tone="bad"
            live
            title={problem.title}
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
            Test
          </Button>
          {cancel ?? (
            <Link to="/s3-configs" className={buttonClass({ variant: "ghost" })}>
              Cancel
            </Link>
          )}
        </div>
      </div>
      <S3TestPanel result={test.data} pending={test.isPending} />
    </form>
  );
}
