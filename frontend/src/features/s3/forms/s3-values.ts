import type { S3ConfigInput, S3ConfigUpdate, S3ConfigView, S3TestInput } from "@/client";
import { NEW_S3, type S3Values } from "./s3-schema";

const EMPTY_IS_NULL = ["endpoint", "kmsKeyId", "storageClass"] as const;

export function toValues(saved: S3ConfigView): S3Values {
  return {
    ...NEW_S3,
    name: saved.name,
    endpoint: saved.endpoint ?? "",
    region: saved.region,
    bucket: saved.bucket,
    pathPrefix: saved.pathPrefix,
    pathStyle: saved.pathStyle,
    allowHttp: saved.allowHttp,
    deleteVersions: saved.deleteVersions,
    sseMode: saved.sseMode as S3Values["sseMode"],
    kmsKeyId: saved.kmsKeyId ?? "",
    storageClass: saved.storageClass ?? "",
    enabled: saved.enabled,
    isDefault: saved.isDefault,
  };
}

export function toInput(values: S3Values): S3ConfigInput {
  const { endpoint, kmsKeyId, storageClass, ...rest } = values;
  return {
    ...rest,
    endpoint: endpoint || null,
    kmsKeyId: kmsKeyId || null,
    storageClass: storageClass || null,
  };
}

/** Only what changed; empty keys mean that the stored ones stay. */
export function toUpdate(values: S3Values, saved: S3ConfigView): S3ConfigUpdate {
  const before = toValues(saved);
  const update: Record<string, unknown> = {};
  for (const key of Object.keys(values) as (keyof S3Values)[]) {
    if (values[key] === before[key]) continue;
    const clearable = (EMPTY_IS_NULL as readonly string[]).includes(key);
    update[key] = clearable && values[key] === "" ? null : values[key];
  }
  return update;
}

export function toTest(values: S3Values, saved: S3ConfigView | undefined): S3TestInput {
  return {
    ...(saved ? { s3ConfigId: saved.id } : {}),
    ...(values.accessKey ? { accessKey: values.accessKey } : {}),
    ...(values.secretKey ? { secretKey: values.secretKey } : {}),
    bucket: values.bucket,
    region: values.region,
    endpoint: values.endpoint || null,
    pathStyle: values.pathStyle,
    pathPrefix: values.pathPrefix,
    // What is left out is the default of a new form and the stored value of a saved one.
    ...(values.sseMode === (saved?.sseMode ?? "none") ? {} : { sseMode: values.sseMode }),
    ...((values.kmsKeyId || null) === (saved?.kmsKeyId ?? null) ? {} : { kmsKeyId: values.kmsKeyId || null }),
    storageClass: values.storageClass || null,
    allowHttp: values.allowHttp,
  };
}
