/** The id of the run whose page is open now, read from the address. */
export function shownExecution(): string | null {
  return /^\/(?:backups|restores)\/([^/]+)/.exec(window.location.pathname)?.[1] ?? null;
}
