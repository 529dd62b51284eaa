import * as z from "zod/mini";
import { ENCRYPTIONS } from "@/lib/active-key";
import { JOBS, JOBS_MESSAGE } from "@/lib/dump-content";

export const backupSchema = z
  .object({
    local: z.boolean(),
    s3ConfigIds: z.array(z.string()),
    encryption: z.enum(ENCRYPTIONS),
    compression: z.enum(["gzip", "zstd", "none"]),
    label: z.string().check(z.trim(), z.maxLength(200, "At most 200 characters.")),
    pinned: z.boolean(),
    /** The id of a policy, or one of the two below. */
    retention: z.string(),
    content: z.enum(["all", "schema", "data"]),
    includeTables: z.string(),
    excludeTables: z.string(),
    jobs: z.string().check(z.regex(JOBS, JOBS_MESSAGE)),
  })
  .check(
    z.refine((values) => values.local || values.s3ConfigIds.length > 0, {
      path: ["local"],
      error: "Choose at least one place for the backup.",
    }),
  );

export const BY_SCHEDULES = "schedules";
export const FOR_EVER = "forever";

export type BackupValues = z.infer<typeof backupSchema>;

export const BACKUP_FIELDS = [
  "local",
  "s3ConfigIds",
  "encryption",
  "compression",
  "label",
  "pinned",
  "retentionPolicyId",
  "includeTables",
  "excludeTables",
  "jobs",
] as const;
