import type { AuditQuery } from "./api";

export const PAGE_SIZE = 50;
export const OUTCOMES = [
  { value: "success", label: "Done" },
  { value: "refused", label: "Refused" },
  { value: "failed", label: "Failed" },
] as const;

export type Outcome = (typeof OUTCOMES)[number]["value"];

/** What the address of the audit page says. */
export interface AuditSearch {
  action?: string;
  outcome?: Outcome;
  actor?: string;
  from?: string;
  to?: string;
  page?: number;
}

export function parseAuditSearch(raw: Record<string, unknown>): AuditSearch {
  const page = Number(raw.page);
  return {
    action: text(raw.action),
    outcome: OUTCOMES.find(({ value }) => value === raw.outcome)?.value,
    actor: text(raw.actor),
    from: day(raw.from),
    to: day(raw.to),
    page: Number.isInteger(page) && page > 1 ? page : undefined,
  };
}

/** The query of a search: the days are the user's own, the last one included. */
export function toQuery(search: AuditSearch): AuditQuery {
  const end = search.to ? new Date(`${search.to}T00:00:00`) : undefined;
  end?.setDate(end.getDate() + 1);
  return {
    action: search.action,
    outcome: search.outcome,
    actorId: search.actor,
    startDate: search.from ? new Date(`${search.from}T00:00:00`).toISOString() : undefined,
    endDate: end?.toISOString(),
    page: search.page ?? 1,
    limit: PAGE_SIZE,
  };
}

/** The address of the same events as a file. */
export function exportUrl(search: AuditSearch): string {
  const { page: _page, limit: _limit, ...wanted } = toQuery(search);
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(wanted)) if (value) query.set(name, String(value));
  return `/api/audit/export?${query}`;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value ? value : undefined;
}

function day(value: unknown): string | undefined {
  return typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value) ? value : undefined;
}
