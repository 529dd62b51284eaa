import type { UseFormReturn } from "react-hook-form";
import { Disclosure } from "@/components/ui/disclosure";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import type { S3Values } from "./s3-schema";

const FIELDS = [
  { name: "uploadLimit", label: "Upload, kB/s" },
  { name: "downloadLimit", label: "Download, kB/s" },
] as const;

export function S3BandwidthFields({ form }: { form: UseFormReturn<S3Values> }) {
  const errors = form.formState.errors;
  const [up, down] = [form.watch("uploadLimit"), form.watch("downloadLimit")];
  const summary = [up && `up ${up} kB/s`, down && `down ${down} kB/s`].filter(Boolean).join(", ");
  return (
    <Disclosure
      title="Bandwidth"
      summary={summary || "no limit"}
      open={Boolean(errors.uploadLimit || errors.downloadLimit)}
    >
      <div className="grid gap-4 sm:grid-cols-2">
        {FIELDS.map(({ name, label }) => (
          <Field
            key={name}
            label={label}
            optional
            error={errors[name]?.message}
            hint="A change acts at once, on what is running too."
          >
            {(control) => <Input {...control} {...form.register(name)} inputMode="numeric" />}
          </Field>
        ))}
      </div>
    </Disclosure>
  );
}
