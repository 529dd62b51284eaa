import { CircleAlert, CircleCheck } from "lucide-react";
import type { DatabaseView } from "@/client";
import type { Attention } from "../attention";

interface VerdictProps {
  databases: DatabaseView[];
  attention: Attention[];
}

/** The page in one sentence. */
export function Verdict({ databases, attention }: VerdictProps) {
  const enabled = databases.filter((database) => database.enabled);
  const good = enabled.filter((database) => database.lastGoodBackupAt).length;
  const calm = attention.length === 0;
  const Icon = calm ? CircleCheck : CircleAlert;
  const count =
    enabled.length === 1
      ? `The database ${good === 1 ? "has a good backup" : "has no good backup"}`
      : `${good} of ${enabled.length} databases have a good backup`;
  return (
    <p className="flex items-center gap-2">
      <Icon className={calm ? "size-4.5 text-ok" : "size-4.5 text-warn"} aria-hidden />
      {count}
      {calm
        ? "; nothing needs you."
        : `; ${attention.length === 1 ? "one thing needs" : `${attention.length} things need`} a look.`}
    </p>
  );
}
