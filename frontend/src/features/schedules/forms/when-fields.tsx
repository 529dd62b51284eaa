import type { UseFormReturn } from "react-hook-form";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { RadioCards } from "@/components/ui/radio-cards";
import { Select } from "@/components/ui/select";
import { DayToggles } from "../components/day-toggles";
import { TimeInput } from "../components/time-input";
import { buildCron, type CronParts, changeType, parseCron } from "../cron-builder";
import { zoneNames } from "../zone-time";
import type { ScheduleValues } from "./schedule-schema";

const TYPES = [
  { value: "hourly", label: "Hourly" },
  { value: "daily", label: "Daily" },
  { value: "weekly", label: "Weekly" },
  { value: "monthly", label: "Monthly" },
  { value: "custom", label: "Custom" },
] as const;

interface WhenFieldsProps {
  form: UseFormReturn<ScheduleValues>;
  /** What the server says about the expression as it stands. */
  problem: string | undefined;
}

/** The rhythm: a type with its controls, or a cron expression, and the zone it is meant in. */
export function WhenFields({ form, problem }: WhenFieldsProps) {
  const { type, cronExpression } = form.watch();
  const errors = form.formState.errors;
  const parts = parseCron(type, cronExpression);
  const setCron = (expression: string) => {
    form.clearErrors("cronExpression");
    form.setValue("cronExpression", expression, { shouldDirty: true });
  };
  const set = (change: Partial<CronParts>) => {
    if (parts && type !== "custom") setCron(buildCron(type, { ...parts, ...change }));
  };
  return (
    <div className="space-y-4">
      <RadioCards
        label="How often"
        value={type}
        onChange={(next) => {
          setCron(changeType(type, next, cronExpression));
          form.setValue("type", next);
        }}
        options={[...TYPES]}
        className="grid-cols-2 sm:grid-cols-5"
      />
      {parts ? (
        <div className="flex flex-wrap items-start gap-x-5 gap-y-4">
          {type === "weekly" ? (
            <DayToggles label="On" required value={parts.days} onChange={(days) => set({ days })} />
          ) : null}
          {type === "monthly" ? (
            <Field label="On day">
              {(control) => (
                <Select
                  {...control}
                  value={parts.monthDay}
                  onChange={({ target }) =>
                    set({ monthDay: target.value === "L" ? "L" : Number(target.value) })
                  }
                >
                  {Array.from({ length: 31 }, (_, index) => index + 1).map((day) => (
                    <option key={day} value={day}>
                      {day}
                    </option>
                  ))}
                  <option value="L">the last one</option>
                </Select>
              )}
            </Field>
          ) : null}
          {type === "hourly" ? (
            <Field label="Minutes past the hour">
              {(control) => (
                <Input
                  {...control}
                  type="number"
                  min={0}
                  max={59}
                  className="!w-24"
                  value={parts.minute}
                  onChange={({ target }) =>
                    set({ minute: Math.min(59, Math.max(0, Math.trunc(Number(target.value)))) })
                  }
                />
              )}
            </Field>
          ) : (
            <Field label="At">
              {(control) => (
                <TimeInput
                  {...control}
                  key={type}
                  className="!w-32"
                  hour={parts.hour}
                  minute={parts.minute}
                  onTime={(hour, minute) => set({ hour, minute })}
                />
              )}
            </Field>
          )}
        </div>
      ) : (
        <Field
          label="Cron expression"
          error={errors.cronExpression?.message ?? problem}
          hint="Minute, hour, day of month, month, day of week. 30 2 * * 1-5 is 02:30 from Monday to Friday."
        >
          {(control) => (
            <Input
              {...control}
              {...form.register("cronExpression")}
              className="font-mono"
              spellCheck={false}
              autoCapitalize="off"
            />
          )}
        </Field>
      )}
      <Field
        label="Time zone"
        error={errors.timezone?.message}
        hint="The times above are meant in it, right across changes of the clock."
      >
        {(control) => (
          <>
            <Input {...control} {...form.register("timezone")} list="time-zones" spellCheck={false} />
            <datalist id="time-zones">
              {zoneNames().map((name) => (
                <option key={name} value={name} />
              ))}
            </datalist>
          </>
        )}
      </Field>
    </div>
  );
}
