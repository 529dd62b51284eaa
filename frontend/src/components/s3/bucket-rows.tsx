import { Archive, CircleCheck, File, Folder } from "lucide-react";
import type { S3Object } from "@/client";
import { Time } from "@/components/ui/time";
import { cn } from "@/lib/cn";
import { formatBytes } from "@/lib/format";

const ROW = "flex w-full items-center gap-2.5 px-3 py-2 text-left min-h-10";

interface FolderRowProps {
  folder: string;
  prefix: string;
  onOpen: () => void;
}

export function FolderRow({ folder, prefix, onOpen }: FolderRowProps) {
  return (
    <li>
      <button
        type="button"
        onClick={onOpen}
        className={cn(ROW, "font-semibold hover:bg-sunken -outline-offset-2")}
      >
        <Folder className="size-4 shrink-0 text-accent" aria-hidden />
        {folder.slice(prefix.length).replace(/\/$/, "")}
        <span className="sr-only">, folder</span>
      </button>
    </li>
  );
}

interface ObjectRowProps {
  object: S3Object;
  prefix: string;
  chosen: boolean;
  onChoose?: () => void;
}

export function ObjectRow({ object, prefix, chosen, onChoose }: ObjectRowProps) {
  const Icon = chosen ? CircleCheck : object.isBackup ? Archive : File;
  const content = (
    <>
      <Icon className={cn("size-4 shrink-0", chosen ? "text-accent" : "text-ink-faint")} aria-hidden />
      <span className="min-w-0 flex-1">
        <span className="block font-mono text-sm break-all">{object.key.slice(prefix.length)}</span>
        <span className="text-sm text-ink-faint">
          {formatBytes(object.size)} · <Time value={object.modifiedAt} />
        </span>
      </span>
    </>
  );
  if (!onChoose || !object.isBackup) {
    return <li className={cn(ROW, onChoose && "text-ink-faint")}>{content}</li>;
  }
  return (
    <li>
      <button
        type="button"
        aria-pressed={chosen}
        onClick={onChoose}
        className={cn(ROW, "-outline-offset-2", chosen ? "bg-accent-soft" : "hover:bg-sunken")}
      >
        {content}
      </button>
    </li>
  );
}
