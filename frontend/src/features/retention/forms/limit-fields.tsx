import type { UseFormReturn } from "react-hook-form";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import type { PolicyValues } from "./policy-schema";

const LIMITS = {
  maxAgeDays: { label: "Days", hint: "Older backups go." },
  maxTotalSize: { label: "Total size in GiB", hint: "The newest that fit stay." },
  maxCount: { label: "Number of backups", hint: "So many of the newest stay." },
} as const;

type Limit = keyof typeof LIMITS;

const SHOWN: Record<Exclude<PolicyValues["strategy"], "tiered">, Limit[]> = {
  age: ["maxAgeDays"],
  size: ["maxTotalSize"],
  hybrid: ["maxCount", "maxTotalSize", "maxAgeDays"],
};

interface LimitFieldsProps {
  form: UseFormReturn<PolicyValues>;
  strategy: Exclude<PolicyValues["strategy"], "tiered">;
}

export function LimitFields({ form, strategy }: LimitFieldsProps) {
  return (
    <div className="grid gap-4 sm:grid-cols-3">
      {SHOWN[strategy].map((name) => (
        <Field
          key={name}
          label={LIMITS[name].label}
          hint={LIMITS[name].hint}
          optional={strategy === "hybrid"}
          error={form.formState.errors[name]?.message}
        >
          {(control) => <Input {...control} {...form.register(name)} inputMode="decimal" />}
        </Field>
      ))}
    </div>
  );
}
