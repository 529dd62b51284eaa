import type { DatabaseView } from "@/client";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { RadioCards } from "@/components/ui/radio-cards";
import { Select } from "@/components/ui/select";
import type { FieldProblem } from "@/lib/api-error";
import type { RestoreChoices } from "./plan";

interface OptionFieldsProps {
  databases: DatabaseView[];
  choices: RestoreChoices;
  onChoices: (choices: RestoreChoices) => void;
  problems: FieldProblem[];
}

const JOBS = [1, 2, 4, 8];

export function OptionFields({ databases, choices, onChoices, problems }: OptionFieldsProps) {
  const set = (change: Partial<RestoreChoices>) => onChoices({ ...choices, ...change });
  const problem = (field: string) => problems.find((one) => one.field === field)?.message;
  const nameProblem = choices.newDatabase.trim()
    ? problem("newDatabase")
    : "Enter a name for the new database.";
  return (
    <div className="space-y-5">
      <div className="grid gap-4 sm:grid-cols-2">
        <Field
          label="On the server of"
          error={problem("databaseId")}
          hint={serverHint(databases.find((one) => one.id === choices.targetId))}
        >
          {(control) => (
            <Select
              {...control}
              value={choices.targetId}
              onChange={(event) => set({ targetId: event.target.value })}
            >
              {databases.map((database) => (
                <option key={database.id} value={database.id}>
                  {database.name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Into a new database called" error={nameProblem} hint="It must not exist yet.">
          {(control) => (
            <Input
              {...control}
              value={choices.newDatabase}
              spellCheck={false}
              onChange={(event) => set({ newDatabase: event.target.value })}
            />
          )}
        </Field>
      </div>
      <fieldset>
        <legend className="mb-1.5 text-sm font-semibold">What to restore</legend>
        <RadioCards
          label="What to restore"
          value={choices.content}
          onChange={(content) => set({ content })}
          className="sm:grid-cols-2"
          options={[
            { value: "all", label: "Everything", hint: "Definitions and rows" },
            { value: "schema", label: "Schema only", hint: "Empty tables, views, functions" },
          ]}
        />
      </fieldset>
      <fieldset>
        <legend className="mb-1.5 text-sm font-semibold">Owners and privileges</legend>
        <RadioCards
          label="Owners and privileges"
          value={choices.owners}
          onChange={(owners) => set({ owners })}
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
            onChange={(event) => set({ jobs: Number(event.target.value) })}
          >
            {JOBS.map((jobs) => (
              <option key={jobs} value={jobs}>
                {jobs}
              </option>
            ))}
          </Select>
        )}
      </Field>
    </div>
  );
}

function serverHint(database: DatabaseView | undefined): string | undefined {
  if (!database) return "Add a database of that server first.";
  return `${database.host}:${database.port}${database.serverVersion ? `, PostgreSQL ${database.serverVersion}` : ""}`;
}
