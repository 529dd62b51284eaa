import type { DatabaseView } from "@/client";
import { Field } from "@/components/ui/field";
import { Select } from "@/components/ui/select";

interface ScratchTargetProps {
  engine: string;
  /** The database whose backup is restored on the side; undefined when its configuration was deleted. */
  own: DatabaseView | undefined;
  databases: DatabaseView[];
  /** The id of another database; empty for what is usual. */
  value: string;
  onChange: (id: string) => void;
  /** What the empty choice is called. */
  usual?: string;
}

const FAMILIES = [["postgresql"], ["mysql", "mariadb"]];

/** On whose server a copy is restored on the side: a new scratch database there, dropped at the end. */
export function ScratchTarget({ engine, own, databases, value, onChange, usual }: ScratchTargetProps) {
  const fitting = FAMILIES.find((family) => family.includes(engine)) ?? [engine];
  const others = databases.filter(({ id, type }) => fitting.includes(type) && id !== own?.id);
  const chosen = databases.find(({ id }) => id === own?.verifyTargetId);
  const fallback = chosen ? `The server of ${chosen.name}, as this database has it` : "Its own server";
  return (
    <Field
      label="Where to restore it"
      hint="Into a new scratch database there, never into one that exists. It is dropped at the end."
    >
      {(control) => (
        <Select {...control} value={value} onChange={(event) => onChange(event.target.value)}>
          <option value="" disabled={!own}>
            {own ? (usual ?? fallback) : "Choose a server: the database was deleted here"}
          </option>
          {others.map((database) => (
            <option key={database.id} value={database.id}>
              The server of {database.name} ({database.host}:{database.port})
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}
