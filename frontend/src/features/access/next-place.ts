import { parseNext } from "@/lib/access";

const KEY = "sign-in.next";

/** Keep where somebody wanted to go while they are at the provider. */
export function keepNext(next: string | undefined): void {
  if (next) sessionStorage.setItem(KEY, next);
  else sessionStorage.removeItem(KEY);
}

/** Return it, once. */
export function takeNext(): string | undefined {
  const next = parseNext(sessionStorage.getItem(KEY));
  sessionStorage.removeItem(KEY);
  return next;
}
