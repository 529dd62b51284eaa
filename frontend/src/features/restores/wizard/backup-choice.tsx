import { useId } from "react";
import type { BackupView } from "@/client";
import { typeLabel } from "@/components/run/run-state";
import { Select } from "@/components/ui/select";
import { Time } from "@/components/ui/time";
import { cn } from "@/lib/cn";
import { engineName } from "@/lib/engine";
import { formatBytes, formatDateTime } from "@/lib/format";

interface BackupChoiceProps {
  name: string;
  backup: BackupView;
  chosen: boolean;
  copyId: string | null;
  onChoose: (copyId: string | null) => void;
}

export function BackupChoice({ name, backup, chosen, copyId, onChoose }: BackupChoiceProps) {
  const id = useId();
  const copies = backup.copies.filter((copy) => copy.state === "complete");
  const placeOf = (copy: (typeof copies)[number]) =>
    copy.storage === "local" ? "Local disk" : `S3: ${copy.s3ConfigName ?? copy.bucket}`;
  return (
    <div
      className={cn("flex flex-wrap items-center gap-x-4 gap-y-2 px-3 py-2.5", chosen && "bg-accent-soft")}
    >
      <input
        type="radio"
        id={id}
        name={name}
        checked={chosen}
        onChange={() => onChoose(null)}
        disabled={copies.length === 0}
        className="size-4.5 shrink-0 accent-accent"
      />
      <label htmlFor={id} className="min-w-48 flex-1">
        <span className="font-semibold">{backup.databaseName}</span>
        <span className="ml-2">{formatDateTime(backup.createdAt)}</span>
        <span className="block text-sm text-ink-soft">
          <Time value={backup.createdAt} /> · {typeLabel(backup.type)} · {formatBytes(backup.size)}
          {` · ${engineName(backup.engine, backup.serverVersion)}`}
          {backup.label ? ` · “${backup.label}”` : ""}
        </span>
      </label>
      {chosen && copies.length > 1 ? (
        <Select
          aria-label="Read from which copy"
          value={copyId ?? ""}
          onChange={(event) => onChoose(event.target.value || null)}
          className="w-56 max-sm:ml-8.5"
        >
          <option value="">The nearest copy</option>
          {copies.map((copy) => (
            <option key={copy.id} value={copy.id}>
              {placeOf(copy)}
            </option>
          ))}
        </Select>
      ) : (
        <span className="text-sm text-ink-soft max-sm:ml-8.5">
          {copies.map(placeOf).join(", ") || "No whole copy"}
        </span>
      )}
    </div>
  );
}
