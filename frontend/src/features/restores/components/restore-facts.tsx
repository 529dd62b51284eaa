import { Link } from "@tanstack/react-router";
import type { RestoreDetail } from "@/client";
import { Fact, Facts } from "@/components/ui/facts";
import { Section } from "@/components/ui/section";
import { formatAbsolute, formatDuration } from "@/lib/format";
import { MODES, modeOf } from "../mode";
import { describeOptions } from "../option-words";
import { describeSelection, type Selection } from "../wizard/selection";

export function RestoreFacts({ restore }: { restore: RestoreDetail }) {
  const from = fromText(restore);
  const mode = MODES[modeOf(restore.options)];
  const options = describeOptions(
    Object.entries(restore.options).filter(([name, value]) => !TOLD.includes(name) && isSet(value)),
  );
  return (
    <Section title="Facts">
      <Facts className="-my-2">
        <Fact name="From" mono>
          {from}
        </Fact>
        <Fact name="Server of">{restore.databaseName}</Fact>
        <Fact name="What">{restore.undoOfId ? "Take a restore back" : mode.label}</Fact>
        <Fact name={mode.creates ? "New database" : "Existing database"} mono>
          {restore.targetDatabase}
        </Fact>
        {restore.safetyBackupId ? (
          <Fact name="Safety backup">
            <Link to="/backups/$id" params={{ id: restore.safetyBackupId }} className="rounded-sm underline">
              Made before
            </Link>
          </Fact>
        ) : null}
        {restore.undoOfId ? (
          <Fact name="Takes back">
            <Link to="/restores/$id" params={{ id: restore.undoOfId }} className="rounded-sm underline">
              An earlier restore
            </Link>
          </Fact>
        ) : null}
        {restore.startedAt ? <Fact name="Started">{formatAbsolute(restore.startedAt)}</Fact> : null}
        {restore.completedAt ? <Fact name="Ended">{formatAbsolute(restore.completedAt)}</Fact> : null}
        {restore.duration === null ? null : (
          <Fact name="Took">{formatDuration(restore.duration * 1000)}</Fact>
        )}
        {restore.options.selection ? (
          <Fact name="Chosen">{describeSelection(restore.options.selection as Selection)}</Fact>
        ) : null}
        {options ? <Fact name="Options">{options}</Fact> : null}
      </Facts>
    </Section>
  );
}

const TOLD = ["mode", "newDatabase", "existingDatabase", "selection", "foreign", "swapBack", "putBack"];

function fromText(restore: RestoreDetail): string {
  if (restore.sourceType === "upload") return restore.sourceName;
  return restore.sourceType === "local"
    ? restore.sourceKey
    : `s3://${restore.sourceBucket}/${restore.sourceKey}`;
}

function isSet(value: unknown): boolean {
  return value !== false && value !== null && value !== "" && !(Array.isArray(value) && value.length === 0);
}
