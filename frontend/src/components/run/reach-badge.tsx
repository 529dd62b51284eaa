import { CircleDashed, CircleDot, CircleSlash, Unplug } from "lucide-react";
import type { DatabaseView } from "@/client";
import { Badge } from "@/components/ui/badge";
import { formatAbsolute } from "@/lib/format";

/** Whether the server answered when it was last asked. */
export function ReachBadge({ database }: { database: DatabaseView }) {
  const asked = database.checkedAt ? `Asked ${formatAbsolute(database.checkedAt)}` : undefined;
  if (!database.enabled) {
    return (
      <Badge icon={CircleSlash} title="No new backups are made">
        Disabled
      </Badge>
    );
  }
  if (database.reachable === null) {
    return (
      <Badge icon={CircleDashed} title="Not asked yet">
        Not checked
      </Badge>
    );
  }
  return database.reachable ? (
    <Badge tone="ok" icon={CircleDot} title={asked}>
      Online
    </Badge>
  ) : (
    <Badge tone="bad" icon={Unplug} title={asked}>
      Offline
    </Badge>
  );
}
