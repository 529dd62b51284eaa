import { Controller, type UseFormReturn } from "react-hook-form";
import { Checkbox } from "@/components/ui/checkbox";
import { Disclosure } from "@/components/ui/disclosure";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Select } from "@/components/ui/select";
import type { S3Values } from "./s3-schema";

/** Object lock, versions, tags. */
export function S3ProtectionFields({ form }: { form: UseFormReturn<S3Values> }) {
  const errors = form.formState.errors;
  const mode = form.watch("objectLockMode");
  const days = form.watch("objectLockDays");
  const summary = mode && days ? `locked for ${days} days` : undefined;
  return (
    <Disclosure title="Lock, versions, tags" summary={summary} open={Boolean(errors.objectLockDays)}>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field
          label="Object lock"
          error={errors.objectLockMode?.message}
          hint="Keeps backups from being deleted, by this program and by thieves of its key. The bucket must have been made with object lock."
        >
          {(control) => (
            <Select {...control} {...form.register("objectLockMode")}>
              <option value="">As the bucket is set up</option>
              <option value="GOVERNANCE">Governance: special rights can lift it</option>
              <option value="COMPLIANCE">Compliance: nobody can lift it</option>
            </Select>
          )}
        </Field>
        {mode ? (
          <Field
            label="Days"
            error={errors.objectLockDays?.message}
            hint="No longer than backups are kept: until then they can't be deleted."
          >
            {(control) => <Input {...control} {...form.register("objectLockDays")} inputMode="numeric" />}
          </Field>
        ) : null}
      </div>
      <Controller
        control={form.control}
        name="deleteVersions"
        render={({ field }) => (
          <Checkbox
            checked={field.value}
            onChange={field.onChange}
            label="Delete all versions"
            hint="In a bucket with versions a deleted backup is otherwise only hidden, and still paid for."
          />
        )}
      />
      <Controller
        control={form.control}
        name="tagObjects"
        render={({ field }) => (
          <Checkbox
            checked={field.value}
            onChange={field.onChange}
            label="Tag objects"
            hint="With database, type, time and schedule. Switch it off where the service or the key can't."
          />
        )}
      />
    </Disclosure>
  );
}
