import type { DatabaseInput, DatabaseTestInput, DatabaseUpdate, DatabaseView } from "@/client";
import { toNumber, toText } from "@/lib/optional-number";
import type { DatabaseValues } from "./database-schema";

export function toValues(saved: DatabaseView): DatabaseValues {
  return {
    type: saved.type as DatabaseValues["type"],
    name: saved.name,
    host: saved.host,
    port: saved.port,
    database: saved.database,
    username: saved.username,
    password: "",
    tlsMode: saved.tlsMode as DatabaseValues["tlsMode"],
    tlsCa: saved.tlsCa ?? "",
    enabled: saved.enabled,
    dumpVia: saved.dumpVia as DatabaseValues["dumpVia"],
    niceness: toText(saved.limits.niceness),
    ioClass: saved.limits.ioClass ?? "",
    memory: toText(saved.limits.memory),
    readLimit: toText(saved.limits.readLimit),
    uploadLimit: toText(saved.limits.uploadLimit),
  };
}

export function toInput(values: DatabaseValues): DatabaseInput {
  const { niceness, ioClass, memory, readLimit, uploadLimit, ...rest } = values;
  return {
    ...rest,
    tlsCa: values.tlsCa.trim() || null,
    limits: {
      niceness: toNumber(niceness),
      ioClass: ioClass || null,
      memory: toNumber(memory),
      readLimit: toNumber(readLimit),
      uploadLimit: toNumber(uploadLimit),
    },
  };
}

/** Only what changed; an empty password means the stored one stays. */
export function toUpdate(values: DatabaseValues, saved: DatabaseView): DatabaseUpdate {
  const before = toInput(toValues(saved));
  const changed = Object.entries(toInput(values)).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name as keyof DatabaseInput]),
  );
  return Object.fromEntries(changed);
}

export function toTest(values: DatabaseValues, saved: DatabaseView | undefined): DatabaseTestInput {
  const {
    name: _name,
    enabled: _enabled,
    limits: _limits,
    dumpVia: _via,
    password,
    ...rest
  } = toInput(values);
  return {
    ...rest,
    ...(saved ? { databaseId: saved.id } : {}),
    ...(password || !saved ? { password } : {}),
  };
}
