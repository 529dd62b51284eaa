import { DAYS, type Day } from "./days";

export type ScheduleType = "hourly" | "daily" | "weekly" | "monthly" | "custom";

/** What the builder's controls hold. */
export interface CronParts {
  minute: number;
  hour: number;
  days: Day[];
  /** 1 to 31, or the last one. */
  monthDay: number | "L";
}

const SHAPES: Record<Exclude<ScheduleType, "custom">, RegExp> = {
  hourly: /^(?<minute>\d{1,2}) \* \* \* \*$/,
  daily: /^(?<minute>\d{1,2}) (?<hour>\d{1,2}) \* \* \*$/,
  weekly: /^(?<minute>\d{1,2}) (?<hour>\d{1,2}) \* \* (?<days>[0-7](,[0-7])*)$/,
  monthly: /^(?<minute>\d{1,2}) (?<hour>\d{1,2}) (?<monthDay>\d{1,2}|L) \* \*$/i,
};

export const START: CronParts = { minute: 0, hour: 2, days: ["sun"], monthDay: 1 };
const CRON_DAYS: Day[] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/** The parts of an expression that the type's controls can show; null when they cannot. */
export function parseCron(type: ScheduleType, expression: string): CronParts | null {
  if (type === "custom") return null;
  const found = SHAPES[type].exec(expression.trim().replace(/\s+/g, " "))?.groups;
  if (!found) return null;
  const parts: CronParts = {
    minute: Number(found.minute),
    hour: Number(found.hour ?? START.hour),
    days: found.days ? days(found.days) : START.days,
    monthDay: found.monthDay ? (/l/i.test(found.monthDay) ? "L" : Number(found.monthDay)) : START.monthDay,
  };
  const fits = parts.minute < 60 && parts.hour < 24;
  return fits && (parts.monthDay === "L" || (parts.monthDay >= 1 && parts.monthDay <= 31)) ? parts : null;
}

export function buildCron(type: Exclude<ScheduleType, "custom">, parts: CronParts): string {
  const { minute, hour, monthDay } = parts;
  switch (type) {
    case "hourly":
      return `${minute} * * * *`;
    case "daily":
      return `${minute} ${hour} * * *`;
    case "weekly":
      return `${minute} ${hour} * * ${cronDays(parts.days)}`;
    case "monthly":
      return `${minute} ${hour} ${monthDay} * *`;
  }
}

/** The expression after another type was chosen: the time is kept where there is one. */
export function changeType(from: ScheduleType, to: ScheduleType, expression: string): string {
  if (to === "custom") return expression;
  const known = parseCron(to, expression) ?? parseCron(from, expression) ?? START;
  return buildCron(to, from === "hourly" && to !== "hourly" ? { ...known, hour: START.hour } : known);
}

function days(text: string): Day[] {
  const numbers = text.split(",").map((number) => Number(number) % 7);
  return DAYS.filter((day) => numbers.includes(CRON_DAYS.indexOf(day)));
}

function cronDays(chosen: Day[]): string {
  const numbers = chosen.map((day) => CRON_DAYS.indexOf(day)).sort((a, b) => a - b);
  return numbers.join(",");
}
