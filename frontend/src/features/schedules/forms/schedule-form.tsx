import { zodResolver } from "@hookform/resolvers/zod";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useForm } from "react-hook-form";
import type { DatabaseView, RetentionPolicyView, ScheduleInput, ScheduleView } from "@/client";
import { CompressionChoice } from "@/components/backup/compression-choice";
import { ContentFields } from "@/components/backup/content-fields";
import { Destinations } from "@/components/backup/destinations";
import { EncryptionChoice } from "@/components/backup/encryption-choice";
import { FormGuard } from "@/components/form/form-guard";
import { Button } from "@/components/ui/button";
import { buttonClass } from "@/components/ui/button-class";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { Select } from "@/components/ui/select";
import { ApiError } from "@/lib/api-error";
import { applyProblems } from "@/lib/form-problems";
import { useDebounced } from "@/lib/use-debounced";
import { previewQuery } from "../api";
import { CareFields } from "./care-fields";
import { PreviewPanel } from "./preview-panel";
import { SCHEDULE_FIELDS, type ScheduleValues, scheduleSchema } from "./schedule-schema";
import { newValues, type Surroundings, savedValues, toInput } from "./schedule-values";
import { WhenFields } from "./when-fields";

interface ScheduleFormProps {
  saved?: ScheduleView;
  around: Surroundings;
  databases: DatabaseView[];
  policies: RetentionPolicyView[];
  submitLabel: string;
  /** Rejects with `ApiError`. */
  onSave: (input: ScheduleInput) => Promise<unknown>;
}

export function ScheduleForm(props: ScheduleFormProps) {
  const { saved, around, databases, policies, submitLabel, onSave } = props;
  const form = useForm<ScheduleValues>({
    resolver: zodResolver(scheduleSchema),
    defaultValues: saved ? savedValues(saved, around) : newValues(around),
  });
  const [failure, setFailure] = useState<string | null>(null);
  const values = form.watch();
  const errors = form.formState.errors;
  const database = databases.find((one) => one.id === values.databaseId);
  const { preview, problems } = usePreview(values);

  const submit = form.handleSubmit(async (input) => {
    setFailure(null);
    try {
      await onSave(toInput(input, around, saved));
    } catch (error) {
      setFailure(applyProblems(form, error, SCHEDULE_FIELDS));
    }
  });

  return (
    <form onSubmit={submit} noValidate className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_21rem]">
      <FormGuard form={form} />
      <div className="panel space-y-5 p-4 sm:p-6">
        <div className="grid gap-5 sm:grid-cols-2">
          <Field label="Database" error={errors.databaseId?.message}>
            {(control) => (
              <Select {...control} {...form.register("databaseId")} disabled={Boolean(saved)}>
                <option value="">Choose one</option>
                {databases.map((one) => (
                  <option key={one.id} value={one.id}>
                    {one.name}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <Field label="Name" optional error={errors.name?.message} hint="Such as “Nightly”.">
            {(control) => <Input {...control} {...form.register("name")} />}
          </Field>
        </div>
        <WhenFields form={form} problem={problems.cronExpression} />
      </div>
      <div className="lg:col-start-2 lg:row-span-2 lg:row-start-1 lg:h-full">
        <PreviewPanel
          preview={preview}
          problem={problems.cronExpression ?? problems.timezone ?? problems.blackout}
        />
      </div>
      <div className="panel space-y-5 p-4 sm:p-6">
        <Destinations
          s3Configs={around.s3Configs}
          local={values.local}
          s3ConfigIds={values.s3ConfigIds}
          error={errors.local?.message ?? errors.s3ConfigIds?.message}
          onChange={(local, ids) => {
            form.setValue("local", local, { shouldDirty: true });
            form.setValue("s3ConfigIds", ids, { shouldValidate: form.formState.isSubmitted });
          }}
        />
        <Field
          label="Keep them by"
          error={errors.retentionPolicyId?.message}
          hint={policies.find((policy) => policy.id === values.retentionPolicyId)?.description}
        >
          {(control) => (
            <Select {...control} {...form.register("retentionPolicyId")}>
              <option value="">No policy: they are kept</option>
              {policies.map((policy) => (
                <option key={policy.id} value={policy.id}>
                  {policy.name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <div className="grid gap-5 sm:grid-cols-2">
          <EncryptionChoice
            encryptionKeys={around.encryptionKeys}
            value={values.encryption}
            error={errors.encryption?.message}
            onChange={(encryption) => form.setValue("encryption", encryption)}
          />
          <CompressionChoice
            value={values.compression}
            onChange={(compression) => form.setValue("compression", compression)}
          />
        </div>
        <ContentFields
          type={database?.type ?? "postgresql"}
          value={values}
          onChange={(content) => {
            form.setValue("content", content.content);
            form.setValue("includeTables", content.includeTables);
            form.setValue("excludeTables", content.excludeTables);
            form.setValue("jobs", content.jobs, { shouldValidate: form.formState.isSubmitted });
          }}
          errors={{
            includeTables: errors.includeTables?.message,
            excludeTables: errors.excludeTables?.message,
            jobs: errors.jobs?.message,
          }}
        />
        <CareFields form={form} hasPingUrl={saved?.hasPingUrl ?? false} />
        {failure ? (
          <Notice tone="bad" live title="Not saved">
            {failure}
          </Notice>
        ) : null}
        <div className="flex flex-wrap gap-2 border-t pt-4">
          <Button variant="primary" type="submit" busy={form.formState.isSubmitting}>
            {submitLabel}
          </Button>
          <Link to="/schedules" search={{}} className={buttonClass({ variant: "ghost" })}>
            Cancel
          </Link>
        </div>
      </div>
    </form>
  );
}

/** Asks the server what the times mean, once the typing pauses. */
function usePreview({ cronExpression, timezone, blackout }: ScheduleValues) {
  const asked = useDebounced(JSON.stringify({ cronExpression, timezone, blackout, count: 5 }), 300);
  const preview = useQuery({ ...previewQuery(JSON.parse(asked)), enabled: cronExpression.trim() !== "" });
  const problems: Record<string, string> = {};
  if (preview.error instanceof ApiError) {
    for (const { field, message } of preview.error.details)
      problems[field.split(/[.[]/)[0] ?? field] ??= message;
    if (preview.error.details.length === 0) problems.cronExpression = preview.error.message;
  }
  return { preview: preview.isError ? undefined : preview.data, problems };
}
