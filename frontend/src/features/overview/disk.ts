import type { SystemStatus } from "@/client";

const TIGHT = 0.85;

/** The share of the disk that is in use, 0 to 1; null where it cannot be told. */
export function diskUse({ total, free }: SystemStatus["localStorage"]): number | null {
  return total > 0 ? (total - free) / total : null;
}

export function isTight(used: number): boolean {
  return used > TIGHT;
}
