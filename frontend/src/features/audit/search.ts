import { PAGE_SIZE } from "@/lib/page-size";
import { day, daysToMoments, limitOf, oneOf, pageOf, text } from "@/lib/search-values";
import type { AuditQuery } from "./api";

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
  limit?: number;
}

export function parseAuditSearch(raw: Record<string, unknown>): AuditSearch {
  return {
    action: text(raw.action),
    outcome: oneOf(
      raw.outcome,
      OUTCOMES.map(({ value }) => value),
    ),
    actor: text(raw.actor),
    from: day(raw.from),
    to: day(raw.to),
    page: pageOf(raw.page),
    limit: limitOf(raw.limit),
  };
}

/** The query of a search: the days are the user's own, the last one included. */
export function toQuery(search: AuditSearch): AuditQuery {
  return {
    action: search.action,
    outcome: search.outcome,
    actorId: search.actor,
    ...daysToMoments(search.from, search.to),
    page: search.page ?? 1,
    limit: search.limit ?? PAGE_SIZE,
  };
}

/** How many filters are set. */
export function countAuditFilters({ action, outcome, actor, from, to }: AuditSearch): number {
  return [action, outcome, actor, from, to].filter(Boolean).length;
}

/** The address of the same events as a file. */
export function exportUrl(search: AuditSearch): string {
  const { page: _page, limit: _limit, ...wanted } = toQuery(search);
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(wanted)) if (value) query.set(name, String(value));
  return `/api/audit/export?${query}`;
}
