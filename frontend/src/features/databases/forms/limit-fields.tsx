import type { UseFormReturn } from "react-hook-form";
import { Disclosure } from "@/components/ui/disclosure";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Select } from "@/components/ui/select";
import type { DatabaseValues } from "./database-schema";

const NUMBERS = [
  { name: "niceness", label: "Niceness", hint: "0 is the usual priority, 19 the lowest." },
  { name: "memory", label: "Memory a tool, MiB", hint: "Address space; a tool that wants more fails." },
  { name: "readLimit", label: "Reading, kB/s", hint: "How fast the database is read." },
  { name: "uploadLimit", label: "Uploading, kB/s", hint: "To each S3 storage." },
] as const;

/** What one run of this database may take; empty fields follow the settings. */
export function LimitFields({ form }: { form: UseFormReturn<DatabaseValues> }) {
  const errors = form.formState.errors;
  const values = form.watch(["niceness", "memory", "readLimit", "uploadLimit", "ioClass"]);
  const set = values.filter(Boolean).length;
  const wrong = NUMBERS.some(({ name }) => errors[name]);
  return (
    <Disclosure
      title="Limits of its runs"
      summary={set ? `${set} of its own` : "as the settings say"}
      open={wrong || Boolean(errors.ioClass)}
    >
      <p className="text-sm text-ink-soft">
        For the dump and restore tools. What is empty follows the settings; 0 is no limit.
      </p>
      <div className="grid gap-4 sm:grid-cols-2">
        {NUMBERS.map(({ name, label, hint }) => (
          <Field key={name} label={label} optional hint={hint} error={errors[name]?.message}>
            {(control) => <Input {...control} {...form.register(name)} inputMode="numeric" />}
          </Field>
        ))}
        <Field label="Disk priority" error={errors.ioClass?.message}>
          {(control) => (
            <Select {...control} {...form.register("ioClass")}>
              <option value="">As the settings say</option>
              <option value="normal">Normal</option>
              <option value="bestEffort">Low: the lowest of best effort</option>
              <option value="idle">Idle: only when nobody else uses the disk</option>
            </Select>
          )}
        </Field>
      </div>
    </Disclosure>
  );
}
