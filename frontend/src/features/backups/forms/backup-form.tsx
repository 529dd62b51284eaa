import { zodResolver } from "@hookform/resolvers/zod";
import { ChevronRight, Play } from "lucide-react";
import { useState } from "react";
import { useForm } from "react-hook-form";
import type {
  BackupDetail,
  DatabaseView,
  EncryptionKeyView,
  RetentionPolicyView,
  S3ConfigView,
} from "@/client";
import { Button } from "@/components/ui/button";
import { Checkbox } from "@/components/ui/checkbox";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { RadioCards } from "@/components/ui/radio-cards";
import { Segmented } from "@/components/ui/segmented";
import { describeError } from "@/lib/api-error";
import { isMysqlFamily } from "@/lib/engine";
import { applyProblems } from "@/lib/form-problems";
import { useCreateBackup } from "../api";
import { BACKUP_FIELDS, type BackupValues, backupSchema } from "./backup-schema";
import { activeKey, defaultValues, toInput } from "./backup-values";
import { Destinations } from "./destinations";
import { EncryptionChoice } from "./encryption-choice";
import { RetentionChoice } from "./retention-choice";

interface BackupFormProps {
  database: DatabaseView;
  s3Configs: S3ConfigView[];
  encryptionKeys: EncryptionKeyView[];
  policies: RetentionPolicyView[];
  onStarted: (backup: BackupDetail) => void;
  onCancel: () => void;
}

const COMPRESSIONS = {
  gzip: "Opens everywhere.",
  zstd: "Smaller; needs zstd to open by hand.",
  none: "The dump as it is.",
};

export function BackupForm(props: BackupFormProps) {
  const { database, s3Configs, encryptionKeys, policies, onStarted, onCancel } = props;
  const form = useForm<BackupValues>({
    resolver: zodResolver(backupSchema),
    defaultValues: defaultValues(s3Configs, encryptionKeys),
  });
  const create = useCreateBackup();
  const [problem, setProblem] = useState<string | null>(null);
  const values = form.watch();
  const errors = form.formState.errors;
  const family = isMysqlFamily(database.type);

  const submit = form.handleSubmit(async (input) => {
    setProblem(null);
    try {
      onStarted(await create.mutateAsync(toInput(database.id, input)));
    } catch (error) {
      setProblem(
        applyProblems(form, error, BACKUP_FIELDS) ?? (form.formState.isValid ? describeError(error) : null),
      );
    }
  });

  return (
    <form onSubmit={submit} noValidate className="space-y-5">
      <Destinations
        s3Configs={s3Configs}
        local={values.local}
        s3ConfigIds={values.s3ConfigIds}
        error={errors.local?.message ?? errors.s3ConfigIds?.message}
        onChange={(local, ids) => {
          form.setValue("local", local);
          form.setValue("s3ConfigIds", ids, { shouldValidate: form.formState.isSubmitted });
        }}
      />
      <EncryptionChoice
        encryptionKey={activeKey(encryptionKeys)}
        value={values.encryption}
        error={errors.encryption?.message}
        onChange={(value) => form.setValue("encryption", value)}
      />
      <div className="grid gap-5 sm:grid-cols-2">
        <div className="flex flex-col gap-1.5">
          <p className="text-sm font-semibold">Compression</p>
          <Segmented
            label="Compression"
            value={values.compression}
            onChange={(value) => form.setValue("compression", value)}
            options={[
              { value: "gzip", label: "gzip" },
              { value: "zstd", label: "zstd" },
              { value: "none", label: "none" },
            ]}
          />
          <p className="text-sm text-ink-faint">{COMPRESSIONS[values.compression]}</p>
        </div>
        <Field
          label="Label"
          optional
          error={errors.label?.message}
          hint="To find it again: “before the migration”."
        >
          {(control) => <Input {...control} {...form.register("label")} />}
        </Field>
      </div>
      <RetentionChoice
        policies={policies}
        value={values.retention}
        onChange={(retention) => form.setValue("retention", retention)}
      />
      <Checkbox
        checked={values.pinned}
        onChange={(pinned) => form.setValue("pinned", pinned)}
        label="Pin it"
        hint="Retention never deletes a pinned backup."
      />
      <details className="group rounded-md border">
        <summary className="flex cursor-pointer list-none items-center gap-2 rounded-md px-3 py-2.5 font-semibold [&::-webkit-details-marker]:hidden">
          <ChevronRight className="size-4 transition-transform group-open:rotate-90" aria-hidden />
          What goes in
          <span className="ml-auto font-normal text-ink-faint">{summary(values)}</span>
        </summary>
        <div className="space-y-4 border-t p-3">
          <RadioCards
            label="Content"
            value={values.content}
            onChange={(content) => form.setValue("content", content)}
            className="sm:grid-cols-3"
            options={[
              { value: "all", label: "Everything" },
              { value: "schema", label: "Schema only", hint: "No rows" },
              { value: "data", label: "Data only", hint: "No definitions" },
            ]}
          />
          <div className="grid gap-4 sm:grid-cols-2">
            <Field label="Only these tables" optional error={errors.includeTables?.message}>
              {(control) => (
                <Input
                  {...control}
                  {...form.register("includeTables")}
                  placeholder={family ? "orders, items" : "public.orders, public.items"}
                />
              )}
            </Field>
            <Field label="Without these tables" optional error={errors.excludeTables?.message}>
              {(control) => (
                <Input
                  {...control}
                  {...form.register("excludeTables")}
                  placeholder={family ? "sessions" : "public.sessions"}
                />
              )}
            </Field>
          </div>
        </div>
      </details>
      {problem ? (
        <Notice tone="bad" live title="The backup did not start">
          {problem}
        </Notice>
      ) : null}
      <div className="sticky -bottom-4 -mx-5 -mb-4 flex flex-wrap justify-end gap-2 border-t bg-surface px-5 py-3">
        <Button onClick={onCancel}>Cancel</Button>
        <Button variant="primary" type="submit" busy={create.isPending}>
          {create.isPending ? null : <Play aria-hidden />}
          Start the backup
        </Button>
      </div>
    </form>
  );
}

function summary(values: BackupValues): string {
  const content = { all: "everything", schema: "schema only", data: "data only" }[values.content];
  return values.includeTables.trim() || values.excludeTables.trim() ? `${content}, some tables` : content;
}
