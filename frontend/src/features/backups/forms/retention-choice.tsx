import type { RetentionPolicyView } from "@/client";
import { Field } from "@/components/ui/field";
import { Select } from "@/components/ui/select";
import { BY_SCHEDULES, FOR_EVER } from "./backup-schema";

interface RetentionChoiceProps {
  policies: RetentionPolicyView[];
  value: string;
  onChange: (value: string) => void;
}

const HINTS: Record<string, string> = {
  [BY_SCHEDULES]: "Without a schedule that has a policy, it is kept for ever.",
  [FOR_EVER]: "But for the limit of this installation, which only a pin withstands.",
};

export function RetentionChoice({ policies, value, onChange }: RetentionChoiceProps) {
  return (
    <Field
      label="Keep it"
      hint={HINTS[value] ?? "Judged among the backups that have this policy as their own."}
    >
      {(control) => (
        <Select {...control} value={value} onChange={(event) => onChange(event.target.value)}>
          <option value={BY_SCHEDULES}>As the database's schedules say</option>
          <option value={FOR_EVER}>For ever</option>
          {policies.map((policy) => (
            <option key={policy.id} value={policy.id}>
              By the policy {policy.name}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}
