import { Controller, type UseFormReturn } from "react-hook-form";
import type { S3ConfigView } from "@/client";
import { Checkbox } from "@/components/ui/checkbox";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Select } from "@/components/ui/select";
import { CustomerKeyField } from "./customer-key-field";
import { S3BandwidthFields } from "./s3-bandwidth-fields";
import { S3ProtectionFields } from "./s3-protection-fields";
import type { S3Values } from "./s3-schema";

type Flag = "pathStyle" | "allowHttp" | "enabled" | "isDefault";

const FLAGS: { name: Flag; label: string; hint: string }[] = [
  { name: "pathStyle", label: "Path style addresses", hint: "Most self-hosted servers want it." },
  {
    name: "allowHttp",
    label: "Allow http",
    hint: "Keys and backups then cross the network readable by others.",
  },
  { name: "isDefault", label: "Default", hint: "Backups go here unless another is chosen." },
  {
    name: "enabled",
    label: "Enabled",
    hint: "Disabled storage takes no new backups; the old ones stay readable.",
  },
];

interface S3AdvancedFieldsProps {
  form: UseFormReturn<S3Values>;
  saved?: S3ConfigView;
}

export function S3AdvancedFields({ form, saved }: S3AdvancedFieldsProps) {
  const errors = form.formState.errors;
  const sse = form.watch("sseMode");
  return (
    <div className="space-y-4 border-t pt-5">
      <div className="grid gap-4 sm:grid-cols-2">
        {FLAGS.map((flag) => (
          <Controller
            key={flag.name}
            control={form.control}
            name={flag.name}
            render={({ field }) => (
              <Checkbox checked={field.value} onChange={field.onChange} label={flag.label} hint={flag.hint} />
            )}
          />
        ))}
      </div>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Encryption by the server" error={errors.sseMode?.message}>
          {(control) => (
            <Select {...control} {...form.register("sseMode")}>
              <option value="none">As the bucket is set up</option>
              <option value="SSE-S3">SSE-S3 (AES-256)</option>
              <option value="SSE-KMS">SSE-KMS</option>
              <option value="SSE-C">SSE-C (a key of your own)</option>
            </Select>
          )}
        </Field>
        <Field label="Storage class" optional error={errors.storageClass?.message}>
          {(control) => <Input {...control} {...form.register("storageClass")} placeholder="STANDARD_IA" />}
        </Field>
        {sse === "SSE-KMS" ? (
          <Field label="KMS key id" error={errors.kmsKeyId?.message} className="sm:col-span-2">
            {(control) => <Input {...control} {...form.register("kmsKeyId")} spellCheck={false} />}
          </Field>
        ) : null}
        {sse === "SSE-C" ? <CustomerKeyField form={form} saved={saved} /> : null}
      </div>
      <S3ProtectionFields form={form} />
      <S3BandwidthFields form={form} />
    </div>
  );
}
