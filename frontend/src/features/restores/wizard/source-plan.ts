import type { ContentsInput } from "@/client";
import { isMysqlFamily } from "@/lib/engine";
import type { RestoreMode } from "../mode";
import type { RestoreChoices } from "./choices";
import type { RestoreSource } from "./plan";

/** The part of a plan that names the source. */
export function sourcePart(source: RestoreSource): ContentsInput {
  switch (source.kind) {
    case "backup":
      return { backupId: source.backupId, ...(source.copyId ? { copyId: source.copyId } : {}) };
    case "s3":
      return { source: { s3ConfigId: source.s3ConfigId, key: source.key } };
    case "upload":
      return { source: { uploadId: source.uploadId } };
    case "script":
      return { source: { script: source.text } };
  }
}

/** Tells whether the source came in from outside, so that it must be trusted or confined. */
export function isForeign(source: RestoreSource): boolean {
  return source.kind === "upload" || source.kind === "script";
}

/** Tells whether the source is plain SQL that runs as it stands: nothing of it can be chosen. */
export function isPlainSql(source: RestoreSource): boolean {
  if (source.kind === "script") return true;
  if (source.kind !== "upload") return false;
  return source.format === "script" || (source.format === "sql" && !isMysqlFamily(source.engine ?? ""));
}

/** Tells whether a source can be restored in a mode at all. */
export function fits(source: RestoreSource, mode: RestoreMode): boolean {
  if (mode === "runScript") return isPlainSql(source);
  return !isPlainSql(source) || mode === "newDatabase";
}

/** The options that belong to the source. */
export function sourceOptions(source: RestoreSource, choices: RestoreChoices): Record<string, unknown> {
  return {
    ...(choices.selection && !isPlainSql(source) ? { selection: choices.selection } : {}),
    ...(choices.trusted && isForeign(source) ? { trusted: true } : {}),
  };
}
