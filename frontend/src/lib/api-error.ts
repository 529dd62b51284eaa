export interface FieldProblem {
  field: string;
  message: string;
}

/** An answer of the API that says no, or no answer at all (`code` NETWORK). */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;
  readonly details: FieldProblem[];

  constructor(code: string, message: string, status: number, details: FieldProblem[] = []) {
    super(message);
    this.name = "ApiError";
    this.code = code;
    this.status = status;
    this.details = details;
  }
}

/** What happened and what to do, for a person. */
export function describeError(error: unknown): string {
  if (error instanceof ApiError) return error.message;
  return "Something went wrong on this page. Reload it; if it happens again, look at the browser's console.";
}

/** Whether asking again may help: not when the API understood and refused. */
export function isWorthRetrying(error: unknown): boolean {
  return !(error instanceof ApiError) || error.code === "NETWORK" || error.status >= 503;
}
