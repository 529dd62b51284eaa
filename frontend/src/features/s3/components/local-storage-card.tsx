import { useQuery } from "@tanstack/react-query";
import { HardDrive, TriangleAlert } from "lucide-react";
import { Allowed } from "@/components/access/allowed";
import { ProgressBar } from "@/components/ui/progress-bar";
import { formatBytes } from "@/lib/format";
import { statusQuery } from "@/lib/queries";
import { FindBackups } from "./find-backups";

/** The disk local copies lie on. */
export function LocalStorageCard() {
  const status = useQuery(statusQuery());
  const disk = status.data?.localStorage;
  if (!disk) return null;
  const used = disk.total > 0 ? (disk.total - disk.free) / disk.total : null;
  const tight = used !== null && used > 0.85;
  return (
    <article
      aria-label="Local disk"
      className="panel flex flex-wrap items-center gap-x-6 gap-y-3 px-4 py-3.5"
    >
      <div className="min-w-0 flex-1">
        <h2 className="flex items-center gap-2 font-bold">
          <HardDrive className="size-4.5 text-ink-faint" aria-hidden />
          Local disk
        </h2>
        <p className="mt-0.5 truncate font-mono text-sm text-ink-faint">{disk.path}</p>
      </div>
      <div className="w-full sm:w-72">
        <p className="mb-1.5 flex items-center justify-between gap-2 text-sm">
          <span className="flex items-center gap-1.5">
            {tight ? <TriangleAlert className="size-4 text-warn" aria-label="Nearly full:" /> : null}
            {formatBytes(disk.free)} free
          </span>
          <span className="text-ink-faint">of {formatBytes(disk.total)}</span>
        </p>
        <ProgressBar value={used} label="Disk used" tone={tight ? "bad" : "accent"} />
      </div>
      <Allowed to="system.configure">
        <FindBackups configId={null} name="Local disk" />
      </Allowed>
    </article>
  );
}
