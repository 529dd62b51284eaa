import type { UseFormReturn } from "react-hook-form";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import type { PolicyValues } from "./policy-schema";

const FIELDS = [
  { name: "keepHourly", label: "Hours", hint: "The last of each hour" },
  { name: "keepDaily", label: "Days", hint: "Usual: 7 to 30" },
  { name: "keepWeekly", label: "Weeks", hint: "To Sunday; usual: 4 to 12" },
  { name: "keepMonthly", label: "Months", hint: "Usual: 12 to 24" },
  { name: "keepYearly", label: "Years", hint: "0: none" },
] as const;

export function TierFields({ form }: { form: UseFormReturn<PolicyValues> }) {
  return (
    <fieldset>
      <legend className="mb-2 text-sm text-ink-soft">
        Keep the last backup of each of the last so many hours, days, weeks, months and years. The one that
        goes on now counts; one backup may serve several.
      </legend>
      <div className="grid grid-cols-2 gap-4 sm:grid-cols-3">
        {FIELDS.map(({ name, label, hint }) => (
          <Field key={name} label={label} hint={hint} error={form.formState.errors[name]?.message}>
            {(control) => <Input {...control} {...form.register(name)} inputMode="numeric" />}
          </Field>
        ))}
      </div>
    </fieldset>
  );
}
