import type { DatabaseView } from "@/client";
import { Field } from "@/components/ui/field";
import { Select } from "@/components/ui/select";
import { CONTAINER, describeTarget, OWN_SERVER } from "@/lib/scratch-target";

interface ScratchTargetProps {
  engine: string;
  /** The database whose backup is restored on the side; undefined when its configuration was deleted. */
  own: DatabaseView | undefined;
  databases: DatabaseView[];
  /** The id of another database, `container`, or `server`; empty for what is usual. */
  value: string;
  onChange: (choice: string) => void;
  /** What the empty choice is called. */
  usual?: string;
}

const FAMILIES = [["postgresql"], ["mysql", "mariadb"]];

/** Where a copy is restored on the side: a scratch database on a server, or a throwaway container. */
export function ScratchTarget({ engine, own, databases, value, onChange, usual }: ScratchTargetProps) {
  const fitting = FAMILIES.find((family) => family.includes(engine)) ?? [engine];
  const others = databases.filter(({ id, type }) => fitting.includes(type) && id !== own?.id);
  const settled = own && usual === undefined ? own : undefined;
  const inContainer = value === CONTAINER || (value === "" && settled?.verifyTargetKind === CONTAINER);
  return (
    <Field label="Where to restore it" hint={inContainer ? IN_CONTAINER : ON_SERVER}>
      {(control) => (
        <Select {...control} value={value} onChange={(event) => onChange(event.target.value)}>
          <option value="" disabled={!own}>
            {own ? (usual ?? settledWords(own, databases)) : "Choose a server: the database was deleted here"}
          </option>
          {settled?.verifyTargetKind === CONTAINER || settled?.verifyTargetId ? (
            <option value={OWN_SERVER}>Its own server</option>
          ) : null}
          {own?.containerName && settled?.verifyTargetKind !== CONTAINER ? (
            <option value={CONTAINER} disabled={own.scratchContainer !== "possible"}>
              A throwaway container of its image{WHY_NOT[own.scratchContainer] ?? ""}
            </option>
          ) : null}
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

const ON_SERVER = "Into a new scratch database there, never into one that exists. It is dropped at the end.";
const IN_CONTAINER =
  "Into a new server in a container of its own, made of the image that the database runs. It is removed at the end.";
const WHY_NOT: Record<string, string> = {
  switchedOff: " (switched off in the settings)",
  notLinked: " (its container is gone)",
};

function settledWords(own: DatabaseView, databases: DatabaseView[]): string {
  const usual = describeTarget(own, databases);
  return own.verifyTargetId || own.verifyTargetKind === CONTAINER
    ? `${usual}, as this database has it`
    : usual;
}
