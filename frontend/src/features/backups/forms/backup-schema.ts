import { z } from "zod";

export const backupSchema = z
  .object({
    local: z.boolean(),
    s3ConfigIds: z.array(z.string()),
    encryption: z.enum(["age", "none"]),
    compression: z.enum(["gzip", "zstd", "none"]),
    label: z.string().trim().max(200, "At most 200 characters."),
    pinned: z.boolean(),
    content: z.enum(["all", "schema", "data"]),
    includeTables: z.string(),
    excludeTables: z.string(),
  })
  .refine((values) => values.local || values.s3ConfigIds.length > 0, {
    path: ["local"],
    message: "Choose at least one place for the backup.",
  });

export type BackupValues = z.infer<typeof backupSchema>;

export const BACKUP_FIELDS = [
  "local",
  "s3ConfigIds",
  "encryption",
  "compression",
  "label",
  "pinned",
  "includeTables",
  "excludeTables",
] as const;
