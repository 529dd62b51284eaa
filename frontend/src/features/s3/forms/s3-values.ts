import type { S3ConfigInput, S3ConfigUpdate, S3ConfigView, S3TestInput } from "@/client";
import { toNumber, toText } from "@/lib/optional-number";
import { NEW_S3, type S3Values } from "./s3-schema";

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
    tagObjects: saved.tagObjects,
    objectLockMode: (saved.objectLockMode ?? "") as S3Values["objectLockMode"],
    objectLockDays: toText(saved.objectLockDays),
    uploadLimit: toText(saved.uploadLimit),
    downloadLimit: toText(saved.downloadLimit),
    enabled: saved.enabled,
    isDefault: saved.isDefault,
  };
}

/** A lock without a mode has no days, and a key without SSE-C is none. */
export function toInput(values: S3Values): S3ConfigInput {
  return {
    ...values,
    endpoint: values.endpoint || null,
    kmsKeyId: values.kmsKeyId || null,
    customerKey: values.sseMode === "SSE-C" ? values.customerKey || null : null,
    storageClass: values.storageClass || null,
    objectLockMode: values.objectLockMode || null,
    objectLockDays: values.objectLockMode ? toNumber(values.objectLockDays) : null,
    uploadLimit: toNumber(values.uploadLimit),
    downloadLimit: toNumber(values.downloadLimit),
  };
}

/** Only what changed; empty keys mean that the stored ones stay. */
export function toUpdate(values: S3Values, saved: S3ConfigView): S3ConfigUpdate {
  const before = toInput(toValues(saved));
  const after = toInput(values);
  const changed = Object.entries(after).filter(([name, value]) => {
    if (SECRETS.includes(name)) return Boolean(value);
    return value !== before[name as keyof S3ConfigInput];
  });
  return Object.fromEntries(changed);
}

export function toTest(values: S3Values, saved: S3ConfigView | undefined): S3TestInput {
  const input = toInput(values);
  return {
    ...(saved ? { s3ConfigId: saved.id } : {}),
    ...(values.accessKey ? { accessKey: values.accessKey } : {}),
    ...(values.secretKey ? { secretKey: values.secretKey } : {}),
    ...(input.customerKey ? { customerKey: input.customerKey } : {}),
    bucket: values.bucket,
    region: values.region,
    endpoint: input.endpoint,
    pathStyle: values.pathStyle,
    pathPrefix: values.pathPrefix,
    // What is left out is the default of a new form and the stored value of a saved one.
    ...(values.sseMode === (saved?.sseMode ?? "none") ? {} : { sseMode: values.sseMode }),
    ...(input.kmsKeyId === (saved?.kmsKeyId ?? null) ? {} : { kmsKeyId: input.kmsKeyId }),
    storageClass: input.storageClass,
    tagObjects: values.tagObjects,
    objectLockMode: input.objectLockMode,
    objectLockDays: input.objectLockDays,
    deleteVersions: values.deleteVersions,
    allowHttp: values.allowHttp,
  };
}

const SECRETS = ["accessKey", "secretKey", "customerKey"];
