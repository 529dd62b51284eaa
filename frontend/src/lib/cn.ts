import { type ClassValue, clsx } from "clsx";

/** Joins class names. Two that set the same property don't mix: give the component a variant instead. */
export function cn(...inputs: ClassValue[]): string {
  return clsx(inputs);
}
