import type { DatabaseInput, DatabaseTestInput, DatabaseUpdate, DatabaseView } from "@/client";
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
  };
}

export function toInput(values: DatabaseValues): DatabaseInput {
  return { ...values, tlsCa: values.tlsCa.trim() || null };
}

/** Only what changed; an empty password means the stored one stays. */
export function toUpdate(values: DatabaseValues, saved: DatabaseView): DatabaseUpdate {
  const before = toValues(saved);
  const update: Record<string, unknown> = {};
  for (const key of Object.keys(values) as (keyof DatabaseValues)[]) {
    if (values[key] !== before[key])
      update[key] = key === "tlsCa" ? values.tlsCa.trim() || null : values[key];
  }
  return update;
}

export function toTest(values: DatabaseValues, saved: DatabaseView | undefined): DatabaseTestInput {
  const { name: _name, enabled: _enabled, password, ...rest } = values;
  return {
    ...rest,
    tlsCa: values.tlsCa.trim() || null,
    ...(saved ? { databaseId: saved.id } : {}),
    ...(password || !saved ? { password } : {}),
  };
}
