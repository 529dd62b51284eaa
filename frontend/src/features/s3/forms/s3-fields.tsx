import type { UseFormReturn } from "react-hook-form";
import type { S3ConfigView } from "@/client";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import type { S3Values } from "./s3-schema";

interface S3FieldsProps {
  form: UseFormReturn<S3Values>;
  saved?: S3ConfigView;
}

export function S3Fields({ form, saved }: S3FieldsProps) {
  const errors = form.formState.errors;
  const moored = (saved?.copies ?? 0) > 0;
  const mooredHint = moored ? "Fixed: copies of backups lie there." : undefined;
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <Field label="Name" error={errors.name?.message} hint="As it appears on this page: “Offsite”.">
        {(control) => <Input {...control} {...form.register("name")} />}
      </Field>
      <Field
        label="Endpoint"
        optional
        error={errors.endpoint?.message}
        hint={mooredHint ?? "Empty for AWS. MinIO, R2, Wasabi, SeaweedFS and others need theirs."}
      >
        {(control) => (
          <Input
            {...control}
            {...form.register("endpoint")}
            readOnly={moored}
            type="url"
            placeholder="https://s3.example.com"
            spellCheck={false}
          />
        )}
      </Field>
      <Field label="Bucket" error={errors.bucket?.message} hint={mooredHint ?? "It must exist already."}>
        {(control) => (
          <Input {...control} {...form.register("bucket")} readOnly={moored} spellCheck={false} />
        )}
      </Field>
      <Field label="Region" error={errors.region?.message}>
        {(control) => <Input {...control} {...form.register("region")} spellCheck={false} />}
      </Field>
      <Field
        label="Access key id"
        error={errors.accessKey?.message}
        hint={saved ? `Leave it empty to keep the one that ends in ${saved.accessKeyHint}.` : undefined}
      >
        {(control) => (
          <Input
            {...control}
            {...form.register("accessKey")}
            spellCheck={false}
            placeholder={saved ? `••••${saved.accessKeyHint}` : undefined}
          />
        )}
      </Field>
      <Field
        label="Secret access key"
        error={errors.secretKey?.message}
        hint={saved ? "Leave it empty to keep the stored one." : "Stored encrypted, never shown again."}
      >
        {(control) => (
          <Input
            {...control}
            {...form.register("secretKey")}
            type="password"
            autoComplete="new-password"
            placeholder={saved?.hasSecretKey ? "••••••••" : undefined}
          />
        )}
      </Field>
      <Field
        label="Folder"
        optional
        error={errors.pathPrefix?.message}
        hint="Backups go below it. Empty: the bucket's root."
        className="sm:col-span-2"
      >
        {(control) => (
          <Input {...control} {...form.register("pathPrefix")} placeholder="backups" spellCheck={false} />
        )}
      </Field>
    </div>
  );
}
