import type { UseFormReturn } from "react-hook-form";
import { Checkbox } from "@/components/ui/checkbox";
import { Disclosure } from "@/components/ui/disclosure";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import type { ScheduleValues } from "./schedule-schema";

interface PingFieldsProps {
  form: UseFormReturn<ScheduleValues>;
  /** One is saved; it is a secret and never shown. */
  hasPingUrl: boolean;
}

/** A watcher elsewhere notices when the calls stop, whatever happened here. */
export function PingFields({ form, hasPingUrl }: PingFieldsProps) {
  const [pingUrl, stopPing] = form.watch(["pingUrl", "stopPing"]);
  const error = form.formState.errors.pingUrl?.message;
  const called = (hasPingUrl && !stopPing) || pingUrl !== "";
  return (
    <Disclosure
      title="Dead-man's switch"
      summary={called ? "A URL is called after each backup" : "No URL is called"}
      open={Boolean(error)}
    >
      <Field
        label="Ping URL"
        optional
        error={error}
        hint={
          hasPingUrl
            ? "One is saved. Enter another one to change it."
            : "Called after each completed backup, with /fail after a failed one, as healthchecks.io has it."
        }
      >
        {(control) => <Input {...control} type="url" disabled={stopPing} {...form.register("pingUrl")} />}
      </Field>
      {hasPingUrl ? (
        <Checkbox
          checked={stopPing}
          onChange={(stop) => form.setValue("stopPing", stop)}
          label="Call it no longer"
        />
      ) : null}
    </Disclosure>
  );
}
