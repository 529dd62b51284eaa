import { RadioCards } from "@/components/ui/radio-cards";
import { MODES } from "../mode";
import { JobsField } from "./jobs-field";
import type { OptionProps } from "./option-fields";

/** MySQL's and MariaDB's own options; rows alone need none. */
export function MysqlFields({ choices, onChange, problem }: OptionProps) {
  const { creates, destroys } = MODES[choices.mode];
  if (!creates && !destroys) return null;
  return (
    <>
      <fieldset>
        <legend className="mb-1.5 text-sm font-semibold">Definers of views, routines and triggers</legend>
        <RadioCards
          label="Definers of views, routines and triggers"
          value={choices.definer}
          onChange={(definer) => onChange({ definer })}
          className="sm:grid-cols-2"
          options={[
            { value: "keep", label: "Keep them", hint: "The accounts of the backup, with their rights." },
            { value: "strip", label: "Leave them out", hint: "The user who restores becomes the definer." },
          ]}
        />
      </fieldset>
      <fieldset>
        <legend className="mb-1.5 text-sm font-semibold">Scheduled events</legend>
        <RadioCards
          label="Scheduled events"
          value={destroys ? choices.ownEvents : choices.events}
          onChange={(events) => onChange(destroys ? { ownEvents: events } : { events })}
          className="sm:grid-cols-3"
          options={[
            {
              value: "disabled",
              label: "Restore, switched off",
              hint: destroys
                ? "You switch on those that are to run."
                : "So that none runs twice beside the original.",
            },
            { value: "enabled", label: "Restore as they were", hint: "They run as soon as they are there." },
            { value: "skip", label: "Leave them out" },
          ]}
        />
      </fieldset>
      <JobsField
        choices={choices}
        onChange={onChange}
        problem={problem}
        hint="How many parts are read at the same time, if the backup was dumped by several jobs."
      />
    </>
  );
}
