import * as z from "zod/mini";
import { ENCRYPTIONS } from "@/lib/active-key";
import { JOBS, JOBS_MESSAGE } from "@/lib/dump-content";
import { DAYS } from "../days";

const whole = (low: number, high: number) =>
  z
    .number({ error: `A whole number from ${low} to ${high}.` })
    .check(z.int("A whole number."), z.gte(low, `At least ${low}.`), z.lte(high, `At most ${high}.`));

const time = z.string().check(z.regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, "A time such as 22:30."));

export const scheduleSchema = z
  .object({
    databaseId: z.string().check(z.minLength(1, "Choose a database.")),
    name: z.string().check(z.trim(), z.maxLength(200, "At most 200 characters.")),
    type: z.enum(["hourly", "daily", "weekly", "monthly", "custom"]),
    cronExpression: z.string().check(z.trim(), z.minLength(1, "Write a cron expression.")),
    timezone: z.string().check(z.trim(), z.minLength(1, "Choose a time zone.")),
    enabled: z.boolean(),
    local: z.boolean(),
    s3ConfigIds: z.array(z.string()),
    retentionPolicyId: z.string(),
    encryption: z.enum(ENCRYPTIONS),
    compression: z.enum(["gzip", "zstd", "none"]),
    content: z.enum(["all", "schema", "data"]),
    includeTables: z.string(),
    excludeTables: z.string(),
    jobs: z.string().check(z.regex(JOBS, JOBS_MESSAGE)),
    retryLimit: whole(0, 20),
    retryDelay: whole(1, 86_400),
    retryMaxDelay: whole(1, 86_400),
    jitter: whole(0, 43_200),
    catchUp: z.boolean(),
    blackout: z.array(
      z.object({ days: z.array(z.enum(DAYS)), start: time, end: time, timezone: z.nullable(z.string()) }),
    ),
    verify: z.boolean(),
    verifyEvery: whole(1, 1000),
    verifyLevel: z.enum(["1", "2", "3"]),
    pingUrl: z.string().check(z.trim(), z.maxLength(2000, "At most 2,000 characters.")),
    stopPing: z.boolean(),
  })
  .check(
    z.refine((values) => values.local || values.s3ConfigIds.length > 0, {
      path: ["local"],
      error: "Choose at least one place for the backups.",
    }),
    z.refine((values) => values.retryDelay <= values.retryMaxDelay, {
      path: ["retryMaxDelay"],
      error: "Not shorter than the first wait.",
    }),
  );

export type ScheduleValues = z.infer<typeof scheduleSchema>;

/** The fields an error of the API can be shown beside. */
export const SCHEDULE_FIELDS = [
  "databaseId",
  "name",
  "cronExpression",
  "timezone",
  "local",
  "s3ConfigIds",
  "retentionPolicyId",
  "encryption",
  "includeTables",
  "excludeTables",
  "jobs",
  "retryLimit",
  "retryDelay",
  "retryMaxDelay",
  "jitter",
  "blackout",
  "verifyEvery",
  "pingUrl",
] as const;
