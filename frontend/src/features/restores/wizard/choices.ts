import type { DatabaseView, RestorePlanInput } from "@/client";
import { isMysqlFamily } from "@/lib/engine";
import { MODES, type RestoreMode } from "../mode";
import type { RestoreSource } from "./plan";
import type { Selection } from "./selection";
import { isPlainSql, sourceOptions, sourcePart } from "./source-plan";

export interface RestoreChoices {
  targetId: string;
  mode: RestoreMode;
  newDatabase: string;
  /** Of the modes that fill a database that is there. */
  existingDatabase: string;
  /** PostgreSQL's. */
  owners: "keep" | "create" | "drop";
  jobs: number;
  disableTriggers: boolean;
  /** MySQL's and MariaDB's. */
  definer: "keep" | "strip";
  events: "disabled" | "enabled" | "skip";
  /** The chosen objects; null: all of them. */
  selection: Selection | null;
  /** Of an upload or a script: it may act with rights that reach beyond the database. */
  trusted: boolean;
}

export const FIRST_CHOICES: RestoreChoices = {
  targetId: "",
  mode: "newDatabase",
  newDatabase: "",
  existingDatabase: "",
  owners: "create",
  jobs: 1,
  disableTriggers: false,
  definer: "keep",
  events: "disabled",
  selection: null,
  trusted: false,
};

/** The choices with another server; a name that was taken over from the old one follows. */
export function withTarget(
  choices: RestoreChoices,
  target: DatabaseView,
  before?: DatabaseView,
): RestoreChoices {
  const own = !choices.existingDatabase || choices.existingDatabase === before?.database;
  return {
    ...choices,
    targetId: target.id,
    existingDatabase: own ? target.database : choices.existingDatabase,
  };
}

/** The database that is made or filled. */
export function targetName(choices: RestoreChoices): string {
  return (MODES[choices.mode].creates ? choices.newDatabase : choices.existingDatabase).trim();
}

/** Tells whether rows go back into the very database the backup is of. */
export function isSourceItself(
  source: RestoreSource,
  choices: RestoreChoices,
  target: DatabaseView | undefined,
): boolean {
  return (
    !MODES[choices.mode].creates &&
    source.kind === "backup" &&
    source.databaseId === choices.targetId &&
    targetName(choices) === target?.database
  );
}

export function toPlan(source: RestoreSource, choices: RestoreChoices, engine: string): RestorePlanInput {
  return {
    databaseId: choices.targetId,
    ...sourcePart(source),
    options: {
      mode: choices.mode,
      ...options(choices, isMysqlFamily(engine), isPlainSql(source)),
      ...sourceOptions(source, choices),
    },
  };
}

function options(choices: RestoreChoices, mysql: boolean, plainSql: boolean): Record<string, unknown> {
  const name = targetName(choices);
  if (plainSql) return { [MODES[choices.mode].creates ? "newDatabase" : "existingDatabase"]: name };
  if (!MODES[choices.mode].creates) {
    return {
      existingDatabase: name,
      ...(choices.disableTriggers && !mysql ? { disableTriggers: true } : {}),
    };
  }
  if (mysql) return { newDatabase: name, definer: choices.definer, events: choices.events };
  return {
    newDatabase: name,
    jobs: choices.jobs,
    ...(choices.owners === "create" ? { missingRoles: "create" } : {}),
    ...(choices.owners === "drop" ? { noOwner: true, noPrivileges: true } : {}),
  };
}
