import { Check, Trash2 } from "lucide-react";
import { useState } from "react";
import type { PreviewedBackup } from "@/client";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { formatBytes, formatDateTime } from "@/lib/format";

const FIRST = 12;

/** Every backup with what would become of it and why: the timeline in words. */
export function DecisionTable({ backups }: { backups: PreviewedBackup[] }) {
  const [all, setAll] = useState(false);
  const shown = all ? backups : backups.slice(0, FIRST);
  return (
    <>
      <ul aria-label="Backups and what becomes of them" className="divide-y divide-line border-t">
        {shown.map((backup) => (
          <li key={backup.id} className="flex flex-wrap items-start gap-x-3 gap-y-1 py-2.5">
            <Badge tone={backup.keep ? "ok" : "neutral"} icon={backup.keep ? Check : Trash2}>
              {backup.keep ? "Kept" : "Deleted"}
            </Badge>
            <div className="min-w-0 flex-1 basis-56">
              <p>
                {formatDateTime(backup.at)}
                <span className="text-ink-faint">
                  {" "}
                  · {backup.label ?? backup.type} · {formatBytes(backup.size)}
                </span>
              </p>
              {backup.reasons.map((reason) => (
                <p key={reason.text} className="text-sm text-ink-soft">
                  {reason.text}
                </p>
              ))}
            </div>
          </li>
        ))}
      </ul>
      {backups.length > shown.length ? (
        <Button size="sm" onClick={() => setAll(true)}>
          Show all {backups.length.toLocaleString("en-GB")}
        </Button>
      ) : null}
    </>
  );
}
