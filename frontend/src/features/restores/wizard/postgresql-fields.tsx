import { Checkbox } from "@/components/ui/checkbox";
import { Field } from "@/components/ui/field";
import { RadioCards } from "@/components/ui/radio-cards";
import { Select } from "@/components/ui/select";
import { MODES } from "../mode";
import type { OptionProps } from "./option-fields";

const JOBS = [1, 2, 4, 8];

export function PostgresqlFields({ choices, onChange, problem }: OptionProps) {
  if (!MODES[choices.mode].creates) {
    return (
      <Checkbox
        checked={choices.disableTriggers}
        onChange={(disableTriggers) => onChange({ disableTriggers })}
        label="Switch triggers and foreign keys off meanwhile"
        hint={
          problem("disableTriggers") ??
          "For tables that refer to each other in a circle. Only a superuser may; keys are then not checked."
        }
      />
    );
  }
  return (
    <>
      <fieldset>
        <legend className="mb-1.5 text-sm font-semibold">Owners and privileges</legend>
        <RadioCards
          label="Owners and privileges"
          value={choices.owners}
          onChange={(owners) => onChange({ owners })}
          options={[
            {
              value: "create",
              label: "Keep them, create missing roles",
              hint: "Roles of the backup that the server lacks are created without a password.",
            },
            { value: "keep", label: "Keep them, stop if a role is missing" },
            { value: "drop", label: "Leave them out", hint: "Everything belongs to the user who restores." },
          ]}
        />
      </fieldset>
      <Field
        label="Parallel jobs"
        error={problem("jobs")}
        hint={
          choices.jobs > 1
            ? "Faster for many large tables; the backup is unpacked to disk first."
            : "One job reads the backup as a stream and needs no space on disk."
        }
        className="max-w-56"
      >
        {(control) => (
          <Select
            {...control}
            value={choices.jobs}
            onChange={(event) => onChange({ jobs: Number(event.target.value) })}
          >
            {JOBS.map((jobs) => (
              <option key={jobs} value={jobs}>
                {jobs}
              </option>
            ))}
          </Select>
        )}
      </Field>
    </>
  );
}
