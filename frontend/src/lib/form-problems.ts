import type { FieldValues, Path, UseFormReturn } from "react-hook-form";
import { ApiError, describeError } from "./api-error";

/**
 * Puts the API's field problems beside the fields they name and the focus into the first.
 * Returns what is left to say above the buttons: the message when no field took it, problems of fields that the
 * form lacks, or what went wrong on the page itself; null when the fields say it all.
 */
export function applyProblems<Values extends FieldValues>(
  form: UseFormReturn<Values>,
  error: unknown,
  fields: readonly string[],
): string | null {
  if (!(error instanceof ApiError)) return describeError(error);
  const known = error.details.filter((problem) => fields.includes(problem.field));
  for (const problem of known) {
    form.setError(problem.field as Path<Values>, { type: "server", message: problem.message });
  }
  const first = known[0];
  // A fold that hides the field opens with its error, and that takes a frame.
  if (first) requestAnimationFrame(() => form.setFocus(first.field as Path<Values>));
  const unknown = error.details.filter((problem) => !fields.includes(problem.field));
  if (unknown.length > 0) return unknown.map((problem) => problem.message).join(" ");
  return known.length > 0 ? null : error.message;
}
