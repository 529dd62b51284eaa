import { CircleMinus, CirclePlus, PencilLine } from "lucide-react";
import type { ConfigFieldChange, ConfigImport, ConfigRecordChange } from "@/client";
import { Badge } from "@/components/ui/badge";
import { Notice } from "@/components/ui/notice";
import { Time } from "@/components/ui/time";

const KINDS: Record<string, string> = {
  "s3-config": "Storage",
  "retention-policy": "Retention policy",
  "encryption-key": "Encryption key",
  database: "Database",
  schedule: "Schedule",
  "notification-channel": "Notification channel",
  setting: "Setting",
};
const ACTIONS = {
  added: { tone: "ok", icon: CirclePlus, label: "New" },
  changed: { tone: "warn", icon: PencilLine, label: "Changes" },
  skipped: { tone: "neutral", icon: CircleMinus, label: "Stays" },
} as const;

/** What an import would do, and what stands in its way. */
export function ImportPreview({ plan }: { plan: ConfigImport }) {
  const shown = plan.changes.filter((change) => change.action !== "same");
  return (
    <section aria-label="What would change" className="space-y-3">
      <p role="status" className="text-sm text-ink-soft">
        {plan.added} new, {plan.changed} changed, {plan.same} the same. Exported{" "}
        <Time value={plan.exportedAt} /> by {plan.own ? "this instance" : `instance ${plan.instanceId}`}.
      </p>
      {plan.problems.length > 0 ? (
        <Notice tone="bad" live title="This cannot be imported yet">
          <ul className="list-disc space-y-1 pl-4">
            {plan.problems.map((problem) => (
              <li key={`${problem.kind} ${problem.name} ${problem.message}`}>
                {KINDS[problem.kind]} {problem.name}: {problem.message}
              </li>
            ))}
          </ul>
        </Notice>
      ) : null}
      {shown.length > 0 ? (
        <ul className="divide-y rounded-md border">
          {shown.map((change) => (
            <ChangeItem key={`${change.kind} ${change.id}`} change={change} />
          ))}
        </ul>
      ) : plan.problems.length === 0 ? (
        <Notice tone="ok">Everything in the file is here already.</Notice>
      ) : null}
    </section>
  );
}

function ChangeItem({ change }: { change: ConfigRecordChange }) {
  if (change.action === "same") return null;
  const { tone, icon, label } = ACTIONS[change.action];
  return (
    <li className="space-y-1 px-3 py-2">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Badge tone={tone} icon={icon}>
          {label}
        </Badge>
        <span className="font-semibold break-words">{change.name}</span>
        <span className="text-sm text-ink-faint">{KINDS[change.kind] ?? change.kind}</span>
      </div>
      {change.fields.map((field) => (
        <FieldChange key={field.field} field={field} />
      ))}
      {change.warning ? <p className="text-sm text-warn">{change.warning}</p> : null}
    </li>
  );
}

function FieldChange({ field }: { field: ConfigFieldChange }) {
  return (
    <p className="text-sm break-words text-ink-soft">
      <span className="font-mono">{field.field}</span>:{" "}
      {field.secret ? (
        "another secret"
      ) : (
        <>
          <del>{field.before ?? "nothing"}</del> →{" "}
          <ins className="no-underline">{field.after ?? "nothing"}</ins>
        </>
      )}
    </p>
  );
}
