import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import type { Choice } from "./choice";

/** User, password and databases of a server whose container tells none. */
export function CredentialFields({
  choice,
  onChange,
}: {
  choice: Choice;
  onChange: (choice: Choice) => void;
}) {
  return (
    <div className="mt-3 grid gap-3 sm:grid-cols-2">
      <Field label="User">
        {(control) => (
          <Input
            {...control}
            value={choice.username}
            onChange={(event) => onChange({ ...choice, username: event.target.value })}
          />
        )}
      </Field>
      <Field label="Password">
        {(control) => (
          <Input
            {...control}
            type="password"
            autoComplete="new-password"
            value={choice.password}
            onChange={(event) => onChange({ ...choice, password: event.target.value })}
          />
        )}
      </Field>
      <Field label="Databases" hint="Names, separated by commas" className="sm:col-span-2">
        {(control) => (
          <Input
            {...control}
            defaultValue={choice.databases.join(", ")}
            onChange={(event) => onChange({ ...choice, databases: names(event.target.value) })}
          />
        )}
      </Field>
    </div>
  );
}

function names(text: string): string[] {
  return [...new Set(text.split(",").map((name) => name.trim()))].filter(Boolean);
}
