import type { ContentsObject } from "@/client";

export interface ObjectName {
  kind: string;
  schema: string;
  name: string;
}

/** What the API takes: whole schemas, and single objects. */
export interface Selection {
  schemas: string[];
  objects: ObjectName[];
}

export const keyOf = ({ kind, schema, name }: ObjectName) => JSON.stringify([kind, schema, name]);

export function chosenKeys(selection: Selection, all: ContentsObject[]): Set<string> {
  const keys = new Set(selection.objects.map(keyOf));
  for (const object of all) if (selection.schemas.includes(object.schema)) keys.add(keyOf(object));
  return keys;
}

/** A schema whose objects are all chosen is chosen as such: then what belongs to it comes whole. */
export function toSelection(keys: Set<string>, all: ContentsObject[]): Selection {
  const schemas = bySchema(all)
    .filter(([, objects]) => objects.every((object) => keys.has(keyOf(object))))
    .map(([schema]) => schema);
  const objects = all
    .filter((object) => keys.has(keyOf(object)) && !schemas.includes(object.schema))
    .map(({ kind, schema, name }) => ({ kind, schema, name }));
  return { schemas, objects };
}

export function bySchema(objects: ContentsObject[]): [string, ContentsObject[]][] {
  const schemas = new Map<string, ContentsObject[]>();
  for (const object of objects) {
    const known = schemas.get(object.schema);
    if (known) known.push(object);
    else schemas.set(object.schema, [object]);
  }
  return [...schemas].sort(([a], [b]) => a.localeCompare(b));
}

export function describeSelection({ schemas, objects }: Selection): string {
  const parts = [
    ...schemas.map((schema) => `all of ${schema}`),
    ...objects.map(({ schema, name }) => `${schema}.${name}`),
  ];
  const shown = parts.slice(0, 6).join(", ");
  return parts.length > 6 ? `${shown} and ${parts.length - 6} more` : shown || "Nothing yet";
}
