import type { UseFormReturn } from "react-hook-form";
import { Checkbox } from "@/components/ui/checkbox";
import { Disclosure } from "@/components/ui/disclosure";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Select } from "@/components/ui/select";
import { BlackoutFields } from "./blackout-fields";
import { PingFields } from "./ping-fields";
import type { ScheduleValues } from "./schedule-schema";

const NUMBER = { valueAsNumber: true } as const;

interface CareFieldsProps {
  form: UseFormReturn<ScheduleValues>;
  hasPingUrl: boolean;
}

/** What most people leave as it is: retries, jitter, catching up, blackout windows, verification. */
export function CareFields({ form, hasPingUrl }: CareFieldsProps) {
  const values = form.watch();
  const errors = form.formState.errors;
  const failing = Boolean(errors.retryLimit || errors.retryDelay || errors.retryMaxDelay || errors.jitter);
  return (
    <>
      <Disclosure
        title="When something goes wrong"
        summary={`${values.retryLimit || 0} retries${values.catchUp ? ", catches up" : ""}`}
        open={failing || undefined}
      >
        <div className="grid gap-4 sm:grid-cols-3">
          <Field label="Retries" error={errors.retryLimit?.message}>
            {(control) => (
              <Input {...control} type="number" min={0} max={20} {...form.register("retryLimit", NUMBER)} />
            )}
          </Field>
          <Field label="First wait, seconds" error={errors.retryDelay?.message} hint="Doubled each time.">
            {(control) => (
              <Input {...control} type="number" min={1} {...form.register("retryDelay", NUMBER)} />
            )}
          </Field>
          <Field label="Longest wait, seconds" error={errors.retryMaxDelay?.message}>
            {(control) => (
              <Input {...control} type="number" min={1} {...form.register("retryMaxDelay", NUMBER)} />
            )}
          </Field>
        </div>
        <p className="text-sm text-ink-soft">
          Only what can heal is tried again: a server that does not answer, not a wrong password.
        </p>
        <Checkbox
          checked={values.catchUp}
          onChange={(catchUp) => form.setValue("catchUp", catchUp)}
          label="Catch up once after a downtime"
          hint="One run makes up for what was missed, however much that was."
        />
        <Field
          label="Jitter, seconds"
          error={errors.jitter?.message}
          hint="Each run starts up to so much later, so that many schedules of one time do not start together."
        >
          {(control) => (
            <Input
              {...control}
              type="number"
              min={0}
              className="!w-32"
              {...form.register("jitter", NUMBER)}
            />
          )}
        </Field>
      </Disclosure>
      <Disclosure
        title="Blackout windows"
        summary={values.blackout.length === 0 ? "none" : String(values.blackout.length)}
        open={Boolean(errors.blackout) || undefined}
      >
        <BlackoutFields form={form} />
      </Disclosure>
      <Disclosure
        title="Verification"
        summary={values.verify ? `every ${values.verifyEvery || "…"} backups` : "by hand only"}
        open={Boolean(errors.verifyEvery) || undefined}
      >
        <Checkbox
          checked={values.verify}
          onChange={(verify) => form.setValue("verify", verify)}
          label="Prove backups by themselves"
          hint="A backup that was never read again may not be one."
        />
        {values.verify ? (
          <div className="grid gap-4 sm:grid-cols-2">
            <Field
              label="One in how many backups"
              error={errors.verifyEvery?.message}
              hint="1 proves every one of them."
            >
              {(control) => (
                <Input {...control} type="number" min={1} {...form.register("verifyEvery", NUMBER)} />
              )}
            </Field>
            <Field label="How far">
              {(control) => (
                <Select {...control} {...form.register("verifyLevel")}>
                  <option value="1">Its stored bytes are read again</option>
                  <option value="2">It is read to its end</option>
                  <option value="3">It is restored on the side and compared</option>
                </Select>
              )}
            </Field>
          </div>
        ) : null}
      </Disclosure>
      <PingFields form={form} hasPingUrl={hasPingUrl} />
    </>
  );
}
