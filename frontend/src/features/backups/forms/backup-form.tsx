import { zodResolver } from "@hookform/resolvers/zod";
import { Play } from "lucide-react";
import { useState } from "react";
import { useForm } from "react-hook-form";
import type {
  BackupDetail,
  DatabaseView,
  EncryptionKeyView,
  RetentionPolicyView,
  S3ConfigView,
} from "@/client";
import { CompressionChoice } from "@/components/backup/compression-choice";
import { ContentFields } from "@/components/backup/content-fields";
import { Destinations } from "@/components/backup/destinations";
import { EncryptionChoice } from "@/components/backup/encryption-choice";
import { Button } from "@/components/ui/button";
import { Checkbox } from "@/components/ui/checkbox";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { applyProblems } from "@/lib/form-problems";
import { useCreateBackup } from "../api";
import { BACKUP_FIELDS, type BackupValues, backupSchema } from "./backup-schema";
import { defaultValues, toInput } from "./backup-values";
import { RetentionChoice } from "./retention-choice";

interface BackupFormProps {
  database: DatabaseView;
  s3Configs: S3ConfigView[];
  encryptionKeys: EncryptionKeyView[];
  policies: RetentionPolicyView[];
  onStarted: (backup: BackupDetail) => void;
  onCancel: () => void;
}

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

  const submit = form.handleSubmit(async (input) => {
    setProblem(null);
    try {
      onStarted(await create.mutateAsync(toInput(database.id, input)));
    } catch (error) {
      setProblem(applyProblems(form, error, BACKUP_FIELDS));
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
        encryptionKeys={encryptionKeys}
        value={values.encryption}
        error={errors.encryption?.message}
        onChange={(value) => form.setValue("encryption", value)}
      />
      <div className="grid gap-5 sm:grid-cols-2">
        <CompressionChoice
          value={values.compression}
          onChange={(value) => form.setValue("compression", value)}
        />
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
      <ContentFields
        type={database.type}
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
