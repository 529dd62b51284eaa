import { Link } from "@tanstack/react-router";
import type { BackupDetail } from "@/client";
import { EngineLabel } from "@/components/engine/engine-label";
import { CopyButton } from "@/components/ui/copy-button";
import { Fact, Facts } from "@/components/ui/facts";
import { Section } from "@/components/ui/section";
import { formatAbsolute, formatBytes, formatDuration, formatRatio } from "@/lib/format";
import { RecipientNames } from "./recipient-names";
import { SignatureLine } from "./signature-line";

export function BackupFacts({ backup }: { backup: BackupDetail }) {
  const format = backup.parts.find((part) => part.name === "database")?.format;
  return (
    <Section title="Facts">
      <Facts className="-my-2">
        {backup.size === null ? null : (
          <Fact name="Size">
            {formatBytes(backup.size)}
            {backup.plainSize ? (
              <span className="text-ink-soft">
                {" "}
                from {formatBytes(backup.plainSize)}, {formatRatio(backup.plainSize, backup.size)} smaller
              </span>
            ) : null}
          </Fact>
        )}
        {backup.sourceSize === null ? null : (
          <Fact name="Database was">{formatBytes(backup.sourceSize)}</Fact>
        )}
        {backup.scheduleId ? (
          <Fact name="Schedule">
            <Link
              to="/schedules/$id/edit"
              params={{ id: backup.scheduleId }}
              className="rounded-sm font-semibold text-accent underline-offset-3 hover:underline"
            >
              {backup.scheduleName}
            </Link>
          </Fact>
        ) : null}
        {backup.slot ? <Fact name="Meant for">{formatAbsolute(backup.slot)}</Fact> : null}
        {backup.startedAt ? <Fact name="Started">{formatAbsolute(backup.startedAt)}</Fact> : null}
        {backup.completedAt ? <Fact name="Ended">{formatAbsolute(backup.completedAt)}</Fact> : null}
        {backup.duration === null ? null : <Fact name="Took">{formatDuration(backup.duration * 1000)}</Fact>}
        <Fact name="Compression">
          {backup.compression}
          {backup.compressionLevel === null ? null : `, level ${backup.compressionLevel}`}
        </Fact>
        <Fact name="Encryption">{backup.encryption ?? "None"}</Fact>
        {backup.recipients.length > 0 ? (
          <Fact name="Opens with" mono>
            <RecipientNames recipients={backup.recipients} />
          </Fact>
        ) : null}
        {backup.serverVersion ? (
          <Fact name="Server">
            <EngineLabel type={backup.engine} version={backup.serverVersion} />
          </Fact>
        ) : null}
        {format ? <Fact name="Format">{FORMATS[format] ?? format}</Fact> : null}
        {backup.toolVersion ? <Fact name="Tool">{backup.toolVersion}</Fact> : null}
        {backup.verifiedLevel === null ? null : (
          <Fact name="Checked">{CHECKED[backup.verifiedLevel] ?? `Level ${backup.verifiedLevel}`}</Fact>
        )}
        {backup.signature ? (
          <Fact name="Manifest">
            <SignatureLine signature={backup.signature} />
          </Fact>
        ) : null}
        {backup.fileName ? (
          <Fact name="File" mono>
            {backup.fileName}
          </Fact>
        ) : null}
        {backup.sha256 ? (
          <Fact name="SHA-256" mono>
            <span className="flex items-start gap-1">
              <span className="min-w-0">{backup.sha256}</span>
              <CopyButton text={backup.sha256} label="Copy the checksum" />
            </span>
          </Fact>
        ) : null}
      </Facts>
    </Section>
  );
}

const FORMATS: Record<string, string> = {
  pg_custom: "PostgreSQL archive (pg_restore reads it)",
  sql: "SQL script",
};

const CHECKED: Record<number, string> = {
  0: "Read to its end, every copy confirmed",
  1: "Stored bytes read again and compared",
  2: "Decompressed and parsed to the end",
  3: "Restored into a scratch database and compared",
  4: "Restored, and all your assertions held",
};
