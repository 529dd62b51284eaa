import type { BackupInput, EncryptionKeyView, S3ConfigView } from "@/client";
import { defaultEncryption } from "@/lib/active-key";
import { toOptions } from "@/lib/dump-content";
import { type BackupValues, BY_SCHEDULES, FOR_EVER } from "./backup-schema";

export function defaultValues(s3Configs: S3ConfigView[], keys: EncryptionKeyView[]): BackupValues {
  return {
    local: true,
    s3ConfigIds: s3Configs.filter((config) => config.isDefault && config.enabled).map((config) => config.id),
    encryption: defaultEncryption(keys),
    compression: "gzip",
    label: "",
    pinned: false,
    retention: BY_SCHEDULES,
    content: "all",
    includeTables: "",
    excludeTables: "",
    jobs: "",
  };
}

export function toInput(databaseId: string, values: BackupValues): BackupInput {
  return {
    databaseId,
    local: values.local,
    uploadToS3: values.s3ConfigIds.length > 0,
    s3ConfigIds: values.s3ConfigIds,
    encryption: values.encryption,
    compression: values.compression,
    label: values.label || null,
    pinned: values.pinned,
    options: toOptions(values),
    // Left out means: as the database's schedules say.
    ...(values.retention === BY_SCHEDULES
      ? {}
      : { retentionPolicyId: values.retention === FOR_EVER ? null : values.retention }),
  };
}
