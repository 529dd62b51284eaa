import { Link } from "@tanstack/react-router";
import type { RetentionDecision } from "@/client";
import { Section } from "@/components/ui/section";
import { formatDateTime } from "@/lib/format";

/** Why the backup is kept, until when, or why the next clean-up deletes it. */
export function RetentionPanel({ decision }: { decision: RetentionDecision }) {
  return (
    <Section
      title="Retention"
      aside={
        <Link
          to="/retention-policies"
          className="text-sm font-semibold text-accent underline underline-offset-2"
        >
          Policies
        </Link>
      }
    >
      <p className="font-semibold">
        {decision.keep ? "Kept, because" : "The next clean-up deletes it, because"}
      </p>
      <ul className="mt-1 list-disc space-y-0.5 pl-5 text-ink-soft">
        {decision.reasons.map((reason) => (
          <li key={reason.text}>{reason.text}</li>
        ))}
      </ul>
      {decision.keep && decision.until ? (
        <p className="mt-2 text-sm text-ink-faint">
          By these rules until {formatDateTime(decision.until)} at the latest; the newest good backup stays
          longer.
        </p>
      ) : null}
    </Section>
  );
}
