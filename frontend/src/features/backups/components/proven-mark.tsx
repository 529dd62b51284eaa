import { CircleX, ShieldCheck } from "lucide-react";
import type { BackupView } from "@/client";
import { Time } from "@/components/ui/time";
import { levelLabel } from "@/lib/verification";

/** How far a backup was proven after it was made, and when. */
export function ProvenMark({ backup }: { backup: BackupView }) {
  if (backup.damage) {
    return (
      <span className="inline-flex items-center gap-1.5 text-sm font-semibold text-bad" title={backup.damage}>
        <CircleX className="size-3.5 shrink-0" aria-hidden />
        Damaged
      </span>
    );
  }
  if (!backup.verifiedLevel) return <span className="text-ink-faint">–</span>;
  return (
    <span className="block text-sm whitespace-nowrap" title={levelLabel(backup.verifiedLevel)}>
      <span className="inline-flex items-center gap-1.5">
        <ShieldCheck className="size-3.5 shrink-0 text-ok" aria-hidden />
        {SHORT[backup.verifiedLevel] ?? `Level ${backup.verifiedLevel}`}
      </span>
      {backup.verifiedAt ? <Time value={backup.verifiedAt} className="block text-ink-faint" /> : null}
    </span>
  );
}

const SHORT: Record<number, string> = { 1: "Bytes", 2: "Read", 3: "Restored", 4: "Assertions" };
