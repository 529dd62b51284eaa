import { type RefObject, useEffect, useRef } from "react";
import { ApiError, describeError } from "./api-error";

interface Problems {
  /** For the form: the focus goes to the first field that is marked wrong. */
  form: RefObject<HTMLFormElement | null>;
  /** What the server has against a field. */
  problem: (field: string) => string | undefined;
  /** What no field can show; null when the fields say it all, or nothing is wrong. */
  rest: string | null;
}

/** For forms that keep their own values: where each objection of the server is shown. */
export function useProblems(error: unknown, fields: readonly string[]): Problems {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (error) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [error]);
  const details = error instanceof ApiError ? error.details : [];
  return {
    form,
    problem: (field) => details.find((one) => one.field === field)?.message,
    rest: error ? restOf(error, details, fields) : null,
  };
}

function restOf(error: unknown, details: ApiError["details"], fields: readonly string[]): string | null {
  const unknown = details.filter(({ field }) => !fields.includes(field));
  if (unknown.length > 0) return unknown.map(({ message }) => message).join(" ");
  return details.length > 0 ? null : describeError(error);
}
