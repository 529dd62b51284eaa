import * as z from "zod/mini";

/** A text field that holds a whole number within bounds, or nothing. */
export function optionalNumber(from: number, to: number, unit: string, orZero = false) {
  const range = `${orZero ? "0, or " : ""}${from} to ${to}${unit ? ` ${unit}` : ""}`;
  return z.string().check(
    z.trim(),
    z.refine((text) => {
      if (text === "") return true;
      const value = Number(text);
      return /^\d+$/.test(text) && ((value >= from && value <= to) || (orZero && value === 0));
    }, `A whole number: ${range}. Empty for none.`),
  );
}

export function toNumber(text: string): number | null {
  return text.trim() === "" ? null : Number(text);
}

export function toText(value: number | null | undefined): string {
  return value === null || value === undefined ? "" : String(value);
}
