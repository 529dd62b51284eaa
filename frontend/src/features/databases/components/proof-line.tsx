import { ShieldCheck, ShieldQuestionMark } from "lucide-react";
import type { DatabaseView } from "@/client";
import { Time } from "@/components/ui/time";
import { formatDuration } from "@/lib/format";

/** When a backup of the database was last restored on the side and compared, and how long that took. */
export function ProofLine({ database }: { database: DatabaseView }) {
  const { lastProvenAt: proven, lastRestoreSeconds: seconds } = database;
  if (proven === null) {
    return (
      <p className="flex items-center gap-1.5 text-sm text-ink-soft">
        <ShieldQuestionMark className="size-4 shrink-0" aria-hidden />
        Never proven restorable
      </p>
    );
  }
  return (
    <p className="flex items-center gap-1.5 text-sm">
      <ShieldCheck className="size-4 shrink-0 text-ok" aria-hidden />
      <span>
        Proven restorable: <Time value={proven} />
        {seconds === null ? null : ` (took ${formatDuration(seconds * 1000)})`}
      </span>
    </p>
  );
}
