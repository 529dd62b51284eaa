import type { DatabaseView } from "@/client";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Select } from "@/components/ui/select";
import { engineName } from "@/lib/engine";
import { MODES } from "../mode";
import { targetName, withTarget } from "./choices";
import type { OptionProps } from "./option-fields";

interface TargetFieldsProps extends OptionProps {
  databases: DatabaseView[];
}

/** The server, and the database on it that is made or filled. */
export function TargetFields({ databases, choices, onChange, problem }: TargetFieldsProps) {
  const target = databases.find((one) => one.id === choices.targetId);
  const { creates, destroys } = MODES[choices.mode];
  const field = creates ? "newDatabase" : "existingDatabase";
  const missing = creates ? "Enter a name for the new database." : "Enter the name of the database to fill.";
  const label = creates
    ? "Into a new database called"
    : destroys
      ? "The database"
      : "Into the existing database";
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <Field label="On the server of" error={problem("databaseId")} hint={serverHint(target)}>
        {(control) => (
          <Select
            {...control}
            value={choices.targetId}
            onChange={(event) => {
              const next = databases.find((one) => one.id === event.target.value);
              if (next) onChange(withTarget(choices, next, target));
            }}
          >
            {databases.map((database) => (
              <option key={database.id} value={database.id}>
                {database.name}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field
        label={label}
        error={targetName(choices) ? problem(field) : missing}
        hint={
          creates ? "It must not exist yet." : destroys ? CONFIGURED : "Its tables must be there already."
        }
      >
        {(control) => (
          <Input
            {...control}
            value={choices[field]}
            readOnly={destroys}
            spellCheck={false}
            onChange={(event) => onChange({ [field]: event.target.value })}
          />
        )}
      </Field>
    </div>
  );
}

const CONFIGURED = "Only a configured database can be replaced; choose it beside.";

function serverHint(database: DatabaseView | undefined): string {
  if (!database) return "Add a database of that server first.";
  return `${database.host}:${database.port}, ${engineName(database.type, database.serverVersion)}`;
}
