import { Field } from "@/components/ui/field";
import { Select } from "@/components/ui/select";
import type { OptionProps } from "./option-fields";

const JOBS = [1, 2, 4, 8];

interface JobsFieldProps extends OptionProps {
  hint: string;
}

/** How many tools restore at the same time. */
export function JobsField({ choices, onChange, problem, hint }: JobsFieldProps) {
  return (
    <Field label="Parallel jobs" error={problem("jobs")} hint={hint} className="max-w-56">
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
  );
}
