import * as z from "zod/mini";

const whole = (low: number, high: number) =>
  z.string().check(
    z.trim(),
    z.refine((text) => /^\d+$/.test(text) && Number(text) >= low && Number(text) <= high, {
      error: `A whole number from ${low.toLocaleString("en-GB")} to ${high.toLocaleString("en-GB")}.`,
    }),
  );
const wholeOrEmpty = (low: number, high: number) => z.union([z.literal(""), whole(low, high)]);

export const TIERS = ["keepHourly", "keepDaily", "keepWeekly", "keepMonthly", "keepYearly"] as const;

export const policySchema = z
  .object({
    name: z
      .string()
      .check(z.trim(), z.minLength(1, "Enter a name."), z.maxLength(200, "At most 200 characters.")),
    description: z.string().check(z.trim(), z.maxLength(2000, "At most 2,000 characters.")),
    strategy: z.enum(["tiered", "age", "size", "hybrid"]),
    keepHourly: whole(0, 10_000),
    keepDaily: whole(0, 10_000),
    keepWeekly: whole(0, 10_000),
    keepMonthly: whole(0, 10_000),
    keepYearly: whole(0, 100),
    maxCount: wholeOrEmpty(1, 10_000),
    /** In GiB, with a decimal point if need be. */
    maxTotalSize: z.string().check(
      z.trim(),
      z.refine((text) => text === "" || (/^\d+(\.\d+)?$/.test(text) && Number(text) > 0), {
        error: "A size in GiB, for example 50 or 0.5.",
      }),
    ),
    maxAgeDays: wholeOrEmpty(1, 36_500),
    minKeep: whole(0, 10_000),
  })
  .check(
    z.superRefine((values, context) => {
      const complain = (path: string, message: string) =>
        context.addIssue({ code: "custom", path: [path], message });
      if (values.strategy === "tiered" && TIERS.every((tier) => Number(values[tier]) === 0))
        complain("keepDaily", "Keep at least one hour, day, week, month or year.");
      if (values.strategy === "age" && !values.maxAgeDays)
        complain("maxAgeDays", "Say after how many days a backup may go.");
      if (values.strategy === "size" && !values.maxTotalSize)
        complain("maxTotalSize", "Say how much room the backups may take together.");
      if (values.strategy === "hybrid" && !(values.maxCount || values.maxTotalSize || values.maxAgeDays))
        complain("maxCount", "Give at least one limit.");
    }),
  );

export type PolicyValues = z.infer<typeof policySchema>;
