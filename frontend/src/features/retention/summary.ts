import type { RetentionPolicyView } from "@/client";
import { formatBytes, formatCount } from "@/lib/format";

type Rules = Pick<
  RetentionPolicyView,
  | "strategy"
  | "keepHourly"
  | "keepDaily"
  | "keepWeekly"
  | "keepMonthly"
  | "keepYearly"
  | "maxCount"
  | "maxTotalSize"
  | "maxAgeDays"
>;

export const STRATEGIES: Record<Rules["strategy"], string> = {
  tiered: "By tiers",
  age: "By age",
  size: "By size",
  hybrid: "By several limits",
};

const TIERS = [
  ["keepHourly", "hour"],
  ["keepDaily", "day"],
  ["keepWeekly", "week"],
  ["keepMonthly", "month"],
  ["keepYearly", "year"],
] as const;

/** "The last backup of each of the last 24 hours, 7 days and 12 months." */
export function describeRules(rules: Rules): string {
  if (rules.strategy === "tiered") {
    const tiers = TIERS.filter(([key]) => rules[key] > 0).map(([key, unit]) => plural(rules[key], unit));
    return `The last backup of each of the last ${list(tiers)}.`;
  }
  const limits: string[] = [];
  const hybrid = rules.strategy === "hybrid";
  if (rules.maxCount !== null && hybrid) limits.push(`the newest ${formatCount(rules.maxCount)}`);
  if (rules.maxAgeDays !== null && (hybrid || rules.strategy === "age"))
    limits.push(`what is not older than ${plural(rules.maxAgeDays, "day")}`);
  if (rules.maxTotalSize !== null && (hybrid || rules.strategy === "size"))
    limits.push(`the newest that fit into ${formatBytes(rules.maxTotalSize)}`);
  const text = limits.join(", and of these ");
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

const REACH = { keepHourly: 1 / 24, keepDaily: 1, keepWeekly: 7, keepMonthly: 30.4, keepYearly: 365.25 };

/** How many days back the rules reach, as far as they say. */
export function reachDays(rules: Rules): number {
  if (rules.strategy === "tiered") return Math.max(...TIERS.map(([key]) => rules[key] * REACH[key]));
  return rules.strategy === "size" ? 0 : (rules.maxAgeDays ?? 0);
}

export function plural(count: number, unit: string): string {
  return `${formatCount(count)} ${unit}${count === 1 ? "" : "s"}`;
}

function list(items: string[]): string {
  return items.length > 1 ? `${items.slice(0, -1).join(", ")} and ${items.at(-1)}` : (items[0] ?? "");
}
