import { Plus, X } from "lucide-react";
import { type UseFormReturn, useFieldArray } from "react-hook-form";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { DayToggles } from "../components/day-toggles";
import type { ScheduleValues } from "./schedule-schema";

/** Windows in which nothing starts. */
export function BlackoutFields({ form }: { form: UseFormReturn<ScheduleValues> }) {
  const windows = useFieldArray({ control: form.control, name: "blackout" });
  const errors = form.formState.errors.blackout;
  return (
    <div className="space-y-4">
      <p className="text-sm text-ink-soft">
        Nothing of this schedule starts in these windows: runs that fall into them are left out, retries wait
        for their end. No day chosen means every day; a window over midnight belongs to the day it begins on.
      </p>
      {windows.fields.map((window, index) => (
        <fieldset key={window.id} className="space-y-3 rounded-md border p-3">
          <legend className="px-1 text-sm font-semibold">Window {index + 1}</legend>
          <DayToggles
            label="Begins on"
            value={form.watch(`blackout.${index}.days`)}
            onChange={(days) => form.setValue(`blackout.${index}.days`, days, { shouldDirty: true })}
          />
          <div className="flex flex-wrap items-end gap-3">
            <Field label="From" error={errors?.[index]?.start?.message}>
              {(control) => (
                <Input
                  {...control}
                  {...form.register(`blackout.${index}.start`)}
                  type="time"
                  className="!w-32"
                />
              )}
            </Field>
            <Field label="To" error={errors?.[index]?.end?.message}>
              {(control) => (
                <Input
                  {...control}
                  {...form.register(`blackout.${index}.end`)}
                  placeholder="06:00"
                  className="!w-32"
                />
              )}
            </Field>
            <Button
              variant="ghost"
              aria-label={`Remove window ${index + 1}`}
              onClick={() => windows.remove(index)}
            >
              <X aria-hidden />
              Remove
            </Button>
          </div>
        </fieldset>
      ))}
      {errors?.message ? (
        <p role="alert" className="text-sm text-bad">
          {errors.message}
        </p>
      ) : null}
      <Button onClick={() => windows.append({ days: [], start: "09:00", end: "17:00", timezone: null })}>
        <Plus aria-hidden />
        Add a window
      </Button>
    </div>
  );
}
