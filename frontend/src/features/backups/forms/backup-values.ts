import type { BackupInput, EncryptionKeyView, S3ConfigView } from "@/client";
import { type BackupValues, BY_SCHEDULES, FOR_EVER } from "./backup-schema";

export function defaultValues(s3Configs: S3ConfigView[], keys: EncryptionKeyView[]): BackupValues {
  return {
    local: true,
    s3ConfigIds: s3Configs.filter((config) => config.isDefault && config.enabled).map((config) => config.id),
    encryption: activeKey(keys) ? "age" : "none",
    compression: "gzip",
    label: "",
    pinned: false,
    retention: BY_SCHEDULES,
    content: "all",
    includeTables: "",
    excludeTables: "",
  };
}

/** The key new backups are encrypted to. */
export function activeKey(keys: EncryptionKeyView[]): EncryptionKeyView | undefined {
  return keys.find((key) => key.state === "active" && !key.recovery);
}

export function toInput(databaseId: string, values: BackupValues): BackupInput {
  const options: Record<string, unknown> = {};
  if (values.content === "schema") options.schemaOnly = true;
  if (values.content === "data") options.dataOnly = true;
  const include = names(values.includeTables);
  const exclude = names(values.excludeTables);
  if (include.length > 0) options.includeTables = include;
  if (exclude.length > 0) options.excludeTables = exclude;
  return {
    databaseId,
    local: values.local,
    uploadToS3: values.s3ConfigIds.length > 0,
    s3ConfigIds: values.s3ConfigIds,
    encryption: values.encryption,
    compression: values.compression,
    label: values.label || null,
    pinned: values.pinned,
    // Left out means: as the database's schedules say.
    ...(values.retention === BY_SCHEDULES
      ? {}
      : { retentionPolicyId: values.retention === FOR_EVER ? null : values.retention }),
    options,
  };
}

/** Names separated by commas, spaces or line breaks. */
function names(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}
