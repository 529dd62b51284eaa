import { CircleCheck, TriangleAlert } from "lucide-react";
import type { RestoreDetail } from "@/client";
import { Section } from "@/components/ui/section";

/** What was compared with the manifest when all was restored. */
export function RestoreChecks({ restore }: { restore: RestoreDetail }) {
  if (restore.checks.length === 0) return null;
  return (
    <Section title="Checked afterwards">
      <ul className="space-y-2">
        {restore.checks.map((check) => {
          const Icon = check.ok ? CircleCheck : TriangleAlert;
          return (
            <li key={check.name} className="flex gap-2.5">
              <Icon
                className={check.ok ? "mt-0.5 size-4 shrink-0 text-ok" : "mt-0.5 size-4 shrink-0 text-bad"}
                aria-label={check.ok ? "OK:" : "Differs:"}
              />
              <span className="min-w-0 break-words">{check.message}</span>
            </li>
          );
        })}
      </ul>
    </Section>
  );
}
