import { PAGE_SIZE, PAGE_SIZES } from "./page-size";

/** Reads values out of an address. What is not understood is left out: an old link still opens the list. */

export function text(value: unknown): string | undefined {
  return typeof value === "string" && value ? value : undefined;
}

export function oneOf<Value extends string>(value: unknown, allowed: readonly Value[]): Value | undefined {
  return allowed.find((one) => one === value);
}

export function day(value: unknown): string | undefined {
  return typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value) ? value : undefined;
}

/** A field to sort by, a minus before it for descending. */
export function sortOf(value: unknown, fields: readonly string[]): string | undefined {
  return oneOf(value, [...fields, ...fields.map((field) => `-${field}`)]);
}

/** The first page needs no number. */
export function pageOf(value: unknown): number | undefined {
  const page = Number(value);
  return Number.isInteger(page) && page > 1 ? page : undefined;
}

/** The usual length needs no number either. */
export function limitOf(value: unknown): number | undefined {
  const limit = Number(value);
  return PAGE_SIZES.includes(limit) && limit !== PAGE_SIZE ? limit : undefined;
}

/** The user's own days as moments: from the first's midnight to the last's end. */
export function daysToMoments(from: string | undefined, to: string | undefined) {
  const end = to ? new Date(`${to}T00:00:00`) : undefined;
  end?.setDate(end.getDate() + 1);
  return {
    startDate: from ? new Date(`${from}T00:00:00`).toISOString() : undefined,
    endDate: end?.toISOString(),
  };
}
