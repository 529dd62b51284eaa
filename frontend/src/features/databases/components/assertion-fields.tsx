import { Trash2 } from "lucide-react";
import type { Assertion } from "@/client";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Textarea } from "@/components/ui/textarea";

/** An assertion being edited; the key stays while its name changes. */
export interface AssertionRow extends Assertion {
  key: number;
}

interface AssertionFieldsProps {
  number: number;
  row: AssertionRow;
  nameProblem: string | undefined;
  sqlProblem: string | undefined;
  onChange: (row: AssertionRow) => void;
  onRemove: () => void;
}

export function AssertionFields(props: AssertionFieldsProps) {
  const { number, row, nameProblem, sqlProblem, onChange, onRemove } = props;
  return (
    <fieldset className="space-y-3 rounded-md border border-line-strong p-3">
      <legend className="px-1 text-sm font-semibold">Assertion {number}</legend>
      <Field label="What it says" error={nameProblem}>
        {(control) => (
          <Input
            {...control}
            required
            maxLength={200}
            placeholder="There are orders of the last day"
            value={row.name}
            onChange={(event) => onChange({ ...row, name: event.target.value })}
          />
        )}
      </Field>
      <Field
        label="Query"
        error={sqlProblem}
        hint="One SELECT. Names outside the schema public need their schema."
      >
        {(control) => (
          <Textarea
            {...control}
            required
            rows={3}
            spellCheck={false}
            className="font-mono text-sm"
            placeholder="SELECT count(*) > 0 FROM orders"
            value={row.sql}
            onChange={(event) => onChange({ ...row, sql: event.target.value })}
          />
        )}
      </Field>
      <Button size="sm" variant="ghost" onClick={onRemove}>
        <Trash2 aria-hidden />
        Remove assertion {number}
      </Button>
    </fieldset>
  );
}
