import type { FieldValues, Path, UseFormReturn } from "react-hook-form";
import { ApiError } from "./api-error";

/**
 * Puts the API's field problems beside the fields they name and the focus into the first.
 * Returns what is left to say above the buttons: the message when no field took it, or problems of fields the form lacks.
 */
export function applyProblems<Values extends FieldValues>(
  form: UseFormReturn<Values>,
  error: unknown,
  fields: readonly string[],
): string | null {
  if (!(error instanceof ApiError)) return null;
  const known = error.details.filter((problem) => fields.includes(problem.field));
  known.forEach((problem, index) => {
    const name = problem.field as Path<Values>;
    form.setError(name, { type: "server", message: problem.message }, { shouldFocus: index === 0 });
  });
  const unknown = error.details.filter((problem) => !fields.includes(problem.field));
  if (unknown.length > 0) return unknown.map((problem) => problem.message).join(" ");
  return known.length > 0 ? null : error.message;
}
