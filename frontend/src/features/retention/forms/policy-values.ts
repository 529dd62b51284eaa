import type { RetentionPolicyInput, RetentionPolicyView, RetentionRules } from "@/client";
import { type PolicyValues, policySchema } from "./policy-schema";

const GIB = 1024 ** 3;

export const NEW_POLICY: PolicyValues = {
  name: "",
  description: "",
  strategy: "tiered",
  keepHourly: "24",
  keepDaily: "7",
  keepWeekly: "4",
  keepMonthly: "12",
  keepYearly: "0",
  maxCount: "",
  maxTotalSize: "",
  maxAgeDays: "",
  minKeep: "1",
};

export const POLICY_FIELDS = Object.keys(NEW_POLICY);

export function toValues(saved: RetentionPolicyView): PolicyValues {
  return {
    name: saved.name,
    description: saved.description,
    strategy: saved.strategy,
    keepHourly: String(saved.keepHourly),
    keepDaily: String(saved.keepDaily),
    keepWeekly: String(saved.keepWeekly),
    keepMonthly: String(saved.keepMonthly),
    keepYearly: String(saved.keepYearly),
    maxCount: saved.maxCount === null ? "" : String(saved.maxCount),
    maxTotalSize: saved.maxTotalSize === null ? "" : String(saved.maxTotalSize / GIB),
    maxAgeDays: saved.maxAgeDays === null ? "" : String(saved.maxAgeDays),
    minKeep: String(saved.minKeep),
  };
}

export function toInput(values: PolicyValues): RetentionPolicyInput {
  return { name: values.name, description: values.description, ...rules(values) };
}

/** The rules a form holds, saved or not; null while its numbers make no sense. The name does not matter. */
export function toRules(values: PolicyValues): RetentionRules | null {
  const parsed = policySchema.safeParse({ ...values, name: "x", description: "" });
  return parsed.success ? rules(parsed.data) : null;
}

function rules(values: PolicyValues): RetentionRules {
  return {
    strategy: values.strategy,
    keepHourly: Number(values.keepHourly),
    keepDaily: Number(values.keepDaily),
    keepWeekly: Number(values.keepWeekly),
    keepMonthly: Number(values.keepMonthly),
    keepYearly: Number(values.keepYearly),
    maxCount: values.maxCount ? Number(values.maxCount) : null,
    maxTotalSize: values.maxTotalSize ? Math.round(Number(values.maxTotalSize) * GIB) : null,
    maxAgeDays: values.maxAgeDays ? Number(values.maxAgeDays) : null,
    minKeep: Number(values.minKeep),
  };
}
