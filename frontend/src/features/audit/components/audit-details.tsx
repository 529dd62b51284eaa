import type { AuditEventView } from "@/client";

/** Everything an event holds, folded away: before and after of each record, and what it was tied to. */
export function AuditDetails({ event }: { event: AuditEventView }) {
  const changes = event.changes as {
    record: string;
    id: string;
    kind: string;
    before: Values;
    after: Values;
  }[];
  return (
    <details className="mt-1 text-sm">
      <summary className="w-fit cursor-pointer rounded-sm text-ink-faint hover:text-ink">Details</summary>
      <div className="mt-1.5 space-y-2">
        {changes.map((change) => (
          <div key={`${change.record} ${change.id} ${change.kind}`}>
            <p className="text-ink-soft">
              {change.record.replaceAll("_", " ")} {change.kind}:{" "}
              <span className="font-mono break-all">{change.id}</span>
            </p>
            <ul className="mt-0.5 font-mono break-all">
              {names(change.before, change.after).map((name) => (
                <li key={name}>
                  {name}: {name in change.before ? <del>{shown(change.before[name])}</del> : null}{" "}
                  {name in change.after ? (
                    <ins className="no-underline">{shown(change.after[name])}</ins>
                  ) : null}
                </li>
              ))}
            </ul>
          </div>
        ))}
        {names(event.details, {}).map((name) => (
          <p key={name} className="font-mono break-all">
            {name}: {shown(event.details[name])}
          </p>
        ))}
        <p className="text-ink-faint">
          Event {event.seq}
          {event.via === "none" ? "" : ` · by ${event.via.replace("_", " ")}`}
          {event.role ? ` as ${event.role}` : ""}
          {event.status ? ` · answer ${event.status}` : ""}
          {event.requestId ? ` · request ${event.requestId}` : ""}
          {event.userAgent ? ` · ${event.userAgent}` : ""}
        </p>
      </div>
    </details>
  );
}

type Values = Record<string, unknown>;

function names(...values: Values[]): string[] {
  return [...new Set(values.flatMap((one) => Object.keys(one)))];
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
