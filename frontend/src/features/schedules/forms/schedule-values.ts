import type { EncryptionKeyView, S3ConfigView, ScheduleInput, ScheduleView } from "@/client";
import { activeKeys, defaultEncryption, type Encryption } from "@/lib/active-key";
import { fromOptions, toOptions } from "@/lib/dump-content";
import { DAYS, type Day } from "../days";
import type { ScheduleValues } from "./schedule-schema";

/** What the form starts from besides the schedule itself. */
export interface Surroundings {
  s3Configs: S3ConfigView[];
  encryptionKeys: EncryptionKeyView[];
  timezone: string;
  databaseId: string;
}

export function newValues(around: Surroundings): ScheduleValues {
  return {
    databaseId: around.databaseId,
    name: "",
    type: "daily",
    cronExpression: "0 2 * * *",
    timezone: around.timezone,
    enabled: true,
    local: true,
    s3ConfigIds: defaultIds(around.s3Configs),
    retentionPolicyId: "",
    encryption: defaultEncryption(around.encryptionKeys),
    compression: "gzip",
    ...fromOptions({}),
    retryLimit: 3,
    retryDelay: 60,
    retryMaxDelay: 3600,
    jitter: 0,
    catchUp: true,
    blackout: [],
    verify: false,
    verifyEvery: 7,
    verifyLevel: "3",
    pingUrl: "",
    stopPing: false,
  };
}

export function savedValues(saved: ScheduleView, around: Surroundings): ScheduleValues {
  const known = newValues(around);
  return {
    ...known,
    databaseId: saved.databaseId,
    name: saved.name,
    type: saved.type as ScheduleValues["type"],
    cronExpression: saved.cronExpression,
    timezone: saved.timezone,
    enabled: saved.enabled,
    local: saved.local,
    s3ConfigIds: saved.uploadToS3 ? (saved.s3ConfigIds ?? known.s3ConfigIds) : [],
    retentionPolicyId: saved.retentionPolicyId ?? "",
    encryption: (saved.encryption as ScheduleValues["encryption"] | null) ?? known.encryption,
    compression: saved.compression as ScheduleValues["compression"],
    ...fromOptions(saved.options),
    retryLimit: saved.retryLimit,
    retryDelay: saved.retryDelay,
    retryMaxDelay: saved.retryMaxDelay,
    jitter: saved.jitter,
    catchUp: saved.catchUp,
    blackout: saved.blackout.map(({ days, ...window }) => ({ ...window, days: knownDays(days) })),
    verify: saved.verifyEvery !== null,
    verifyEvery: saved.verifyEvery ?? known.verifyEvery,
    verifyLevel: String(saved.verifyLevel) as ScheduleValues["verifyLevel"],
    pingUrl: "",
    stopPing: false,
  };
}

/** What the API takes. What the form has no field for stays as it was. */
export function toInput(values: ScheduleValues, around: Surroundings, saved?: ScheduleView): ScheduleInput {
  const ids = values.s3ConfigIds;
  const followsDefault = (!saved || saved.s3ConfigIds === null) && same(ids, defaultIds(around.s3Configs));
  const level = saved && saved.compression === values.compression ? saved.compressionLevel : null;
  return {
    databaseId: values.databaseId,
    name: values.name,
    type: values.type,
    cronExpression: values.cronExpression,
    timezone: values.timezone,
    enabled: values.enabled,
    local: values.local,
    uploadToS3: ids.length > 0,
    s3ConfigIds: ids.length === 0 || followsDefault ? null : ids,
    retentionPolicyId: values.retentionPolicyId || null,
    // Without a key there is no choice: a key made later is then used by itself.
    encryption:
      activeKeys(around.encryptionKeys).length > 0
        ? values.encryption
        : ((saved?.encryption as Encryption | null | undefined) ?? null),
    compression: values.compression,
    compressionLevel: level,
    options: { ...otherOptions(saved), ...toOptions(values) },
    retryLimit: values.retryLimit,
    retryDelay: values.retryDelay,
    retryMaxDelay: values.retryMaxDelay,
    jitter: values.jitter,
    catchUp: values.catchUp,
    blackout: values.blackout,
    verifyEvery: values.verify ? values.verifyEvery : null,
    verifyLevel: Number(values.verifyLevel),
    // Left out, the saved one stays.
    ...(values.stopPing ? { pingUrl: null } : values.pingUrl ? { pingUrl: values.pingUrl } : {}),
  };
}

function otherOptions(saved: ScheduleView | undefined): Record<string, unknown> {
  const {
    schemaOnly: _s,
    dataOnly: _d,
    includeTables: _i,
    excludeTables: _e,
    jobs: _j,
    ...others
  } = saved?.options ?? {};
  return others;
}

function defaultIds(configs: S3ConfigView[]): string[] {
  return configs.filter((config) => config.isDefault && config.enabled).map((config) => config.id);
}

function knownDays(days: string[]): Day[] {
  return DAYS.filter((day) => days.includes(day));
}

function same(one: string[], other: string[]): boolean {
  return one.length === other.length && one.every((id) => other.includes(id));
}
