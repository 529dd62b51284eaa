import { useQuery } from "@tanstack/react-query";
import type { RetentionRules } from "@/client";
import { Notice } from "@/components/ui/notice";
import { statusQuery } from "@/lib/queries";
import { reachDays } from "../summary";

/** Says where the limit of the installation cuts the rules short. */
export function CeilingNote({ rules }: { rules: RetentionRules | null }) {
  const ceiling = useQuery(statusQuery()).data?.maxRetentionDays;
  if (!ceiling || !rules) return null;
  const reach = reachDays({
    strategy: rules.strategy ?? "tiered",
    keepHourly: rules.keepHourly ?? 0,
    keepDaily: rules.keepDaily ?? 0,
    keepWeekly: rules.keepWeekly ?? 0,
    keepMonthly: rules.keepMonthly ?? 0,
    keepYearly: rules.keepYearly ?? 0,
    maxCount: rules.maxCount ?? null,
    maxTotalSize: rules.maxTotalSize ?? null,
    maxAgeDays: rules.maxAgeDays ?? null,
  });
  if (reach > ceiling + 1) {
    return (
      <Notice tone="warn" title={`Cut short after ${ceiling} days`}>
        These rules reach further back than this installation keeps anything (MAX_BACKUP_RETENTION_DAYS).
        Raise that limit, or pin what must stay.
      </Notice>
    );
  }
  return (
    <p className="text-sm text-ink-faint">
      Nothing is kept longer than {ceiling} days here (MAX_BACKUP_RETENTION_DAYS), unless it is pinned.
    </p>
  );
}
