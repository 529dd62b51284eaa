import { Checkbox } from "@/components/ui/checkbox";
import { MODES } from "../mode";
import { JobsField } from "./jobs-field";
import type { OptionProps } from "./option-fields";
import { OwnerFields } from "./owner-fields";

export function PostgresqlFields({ choices, onChange, problem }: OptionProps) {
  const { creates, destroys } = MODES[choices.mode];
  if (!creates && !destroys) {
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
  const owners = <OwnerFields choices={choices} onChange={onChange} problem={problem} />;
  if (choices.mode === "clean") return owners;
  return (
    <>
      {owners}
      <JobsField
        choices={choices}
        onChange={onChange}
        problem={problem}
        hint={
          choices.jobs > 1
            ? "Faster for many large tables; the backup is unpacked to disk first."
            : "One job reads the backup as a stream and needs no space on disk."
        }
      />
    </>
  );
}
