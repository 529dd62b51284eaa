import type { BackupDetail } from "@/client";
import { Allowed } from "@/components/access/allowed";
import { Section } from "@/components/ui/section";
import { formatBytes } from "@/lib/format";
import { downloadUrl } from "./download-url";

/** The files of a backup that was dumped by several jobs; of any other its facts say all. */
export function PartsList({ backup }: { backup: BackupDetail }) {
  const { parts } = backup;
  if (!parts.some((part) => part.tables.length > 0)) return null;
  return (
    <Section title="Parts">
      <p className="text-sm text-ink-soft">
        Dumped by several jobs, all as of one moment. A restore needs all of them, and so do you to recover by
        hand.
      </p>
      <ul className="mt-3 space-y-3">
        {parts.map((part) => (
          <li key={part.name} className="text-sm">
            <p className="flex justify-between gap-3">
              <span className="font-semibold">{title(part.name, backup.parts)}</span>
              <span className="text-ink-soft tabular-nums">{formatBytes(part.size)}</span>
            </p>
            {part.tables.length > 0 ? (
              <p className="break-words text-ink-soft">{named(part.tables)}</p>
            ) : null}
            <p className="break-all font-mono text-xs text-ink-soft">{part.file}</p>
            <Allowed to="backup.download">
              <a
                href={downloadUrl(backup.id, part.name)}
                download
                aria-label={`Download ${part.name}`}
                className="rounded-sm font-semibold text-accent underline-offset-3 hover:underline"
              >
                Download
              </a>
            </Allowed>
          </li>
        ))}
      </ul>
    </Section>
  );
}

const NAMES: Record<string, string> = { globals: "Roles", after: "Triggers and events" };
const NAMED = 5;

function title(name: string, parts: BackupDetail["parts"]): string {
  if (name !== "database") return NAMES[name] ?? `Rows, ${name}`;
  // MySQL and MariaDB: all rows lie in the other parts
  return parts.some((part) => part.format === "sql" && part.tables.length > 0)
    ? "Definitions"
    : "Definitions and other rows";
}

function named(tables: [string, string][]): string {
  const names = tables.slice(0, NAMED).map(([schema, name]) => `${schema}.${name}`);
  const more = tables.length - names.length;
  return names.join(", ") + (more > 0 ? ` and ${more} more` : "");
}
