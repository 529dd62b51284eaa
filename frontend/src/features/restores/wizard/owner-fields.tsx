import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { RadioCards } from "@/components/ui/radio-cards";
import type { RestoreChoices } from "./choices";
import type { OptionProps } from "./option-fields";

/** What becomes of PostgreSQL's owners and privileges, and of roles the server lacks. */
export function OwnerFields({ choices, onChange, problem }: OptionProps) {
  const creates = choices.mode !== "clean";
  const value = !creates && choices.owners === "create" ? "keep" : choices.owners;
  return (
    <fieldset className="space-y-3">
      <legend className="mb-1.5 text-sm font-semibold">Owners and privileges</legend>
      <RadioCards<RestoreChoices["owners"]>
        label="Owners and privileges"
        value={value}
        onChange={(owners) => onChange({ owners })}
        options={[
          ...(creates
            ? [
                {
                  value: "create" as const,
                  label: "Keep them, create missing roles",
                  hint: "Roles of the backup that the server lacks are created without a password.",
                },
              ]
            : []),
          { value: "keep", label: "Keep them, stop if a role is missing" },
          { value: "map", label: "Give everything to one role", hint: "Privileges are left out." },
          { value: "drop", label: "Leave them out", hint: "Everything belongs to the user who restores." },
        ]}
      />
      {value === "map" ? (
        <Field
          label="Role that owns everything"
          error={problem("role") ?? (choices.role.trim() ? undefined : "Enter the name of a role.")}
          className="ml-7 max-w-72"
        >
          {(control) => (
            <Input
              {...control}
              value={choices.role}
              spellCheck={false}
              onChange={(event) => onChange({ role: event.target.value })}
            />
          )}
        </Field>
      ) : null}
    </fieldset>
  );
}
