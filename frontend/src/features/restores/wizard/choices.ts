import type { DatabaseView, RestorePlanInput } from "@/client";
import { isMysqlFamily } from "@/lib/engine";
import { MODES, type RestoreMode, swaps } from "../mode";
import type { RestoreSource } from "./plan";
import type { Selection } from "./selection";
import { isPlainSql, sourceOptions, sourcePart } from "./source-plan";

export interface RestoreChoices {
  targetId: string;
  mode: RestoreMode;
  newDatabase: string;
  /** Of the modes that work on a database that is there. */
  existingDatabase: string;
  /** PostgreSQL's. */
  owners: "keep" | "create" | "map" | "drop";
  /** Who gets everything, where owners are mapped. */
  role: string;
  jobs: number;
  disableTriggers: boolean;
  /** MySQL's and MariaDB's. */
  definer: "keep" | "strip";
  /** The chosen objects; null: all of them. */
  selection: Selection | null;
  /** Of an upload or a script: it may act with rights that reach beyond the database. */
  trusted: boolean;
  /** Of a copy beside the original. */
  events: EventChoice;
  /** Of the database itself. */
  ownEvents: EventChoice;
  /** Of the modes that drop something; null means what the engine's way of doing it asks for. */
  safetyBackup: boolean | null;
  /** Empty: local disk. */
  safetyS3ConfigId: string;
  stopConnections: boolean;
}

export type EventChoice = "disabled" | "enabled" | "skip";

export const FIRST_CHOICES: RestoreChoices = {
  targetId: "",
  mode: "newDatabase",
  newDatabase: "",
  existingDatabase: "",
  owners: "create",
  role: "",
  jobs: 1,
  disableTriggers: false,
  definer: "keep",
  events: "disabled",
  selection: null,
  trusted: false,
  ownEvents: "enabled",
  safetyBackup: null,
  safetyS3ConfigId: "",
  stopConnections: false,
};

/** The choices with another server; a name that was taken over from the old one follows. */
export function withTarget(
  choices: RestoreChoices,
  target: DatabaseView,
  before?: DatabaseView,
): RestoreChoices {
  const own = !choices.existingDatabase || choices.existingDatabase === before?.database;
  const follows = own || MODES[choices.mode].destroys;
  return {
    ...choices,
    targetId: target.id,
    existingDatabase: follows ? target.database : choices.existingDatabase,
  };
}

/** The choices in another mode; only a database that is configured is ever replaced. */
export function withMode(mode: RestoreMode, target: DatabaseView | undefined): Partial<RestoreChoices> {
  const fixed = MODES[mode].destroys && target ? { existingDatabase: target.database } : {};
  return { mode, safetyBackup: null, ...fixed };
}

/** The database that is made, filled or replaced. */
export function targetName(choices: RestoreChoices): string {
  return (MODES[choices.mode].creates ? choices.newDatabase : choices.existingDatabase).trim();
}

/** Whether a safety backup is made first. A swap keeps the old database itself, which is the better one. */
export function savesFirst(choices: RestoreChoices, engine: string): boolean {
  return MODES[choices.mode].destroys && (choices.safetyBackup ?? !swaps(choices.mode, engine));
}

/** Tells whether it goes back into the very database the backup is of. */
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
      ...options(choices, engine, isPlainSql(source)),
      ...sourceOptions(source, choices),
    },
  };
}

function options(choices: RestoreChoices, engine: string, plainSql: boolean): Record<string, unknown> {
  const name = targetName(choices);
  const mysql = isMysqlFamily(engine);
  const { creates, destroys } = MODES[choices.mode];
  if (plainSql) return { [creates ? "newDatabase" : "existingDatabase"]: name };
  if (!creates && !destroys) {
    return {
      existingDatabase: name,
      ...(choices.disableTriggers && !mysql ? { disableTriggers: true } : {}),
    };
  }
  return {
    ...(creates ? { newDatabase: name } : { existingDatabase: name }),
    ...(mysql
      ? {
          definer: choices.definer,
          events: destroys ? choices.ownEvents : choices.events,
          ...(choices.jobs > 1 ? { jobs: choices.jobs } : {}),
        }
      : ownership(choices)),
    ...(destroys ? safety(choices, engine) : {}),
  };
}

function ownership(choices: RestoreChoices): Record<string, unknown> {
  const inPlace = choices.mode === "clean";
  return {
    ...(inPlace ? {} : { jobs: choices.jobs }),
    ...(choices.owners === "create" && !inPlace ? { missingRoles: "create" } : {}),
    ...(choices.owners === "map" ? { role: choices.role.trim(), noPrivileges: true } : {}),
    ...(choices.owners === "drop" ? { noOwner: true, noPrivileges: true } : {}),
  };
}

function safety(choices: RestoreChoices, engine: string): Record<string, unknown> {
  const saves = savesFirst(choices, engine);
  return {
    safetyBackup: saves,
    ...(saves && choices.safetyS3ConfigId ? { safetyS3ConfigId: choices.safetyS3ConfigId } : {}),
    ...(choices.stopConnections ? { stopConnections: true } : {}),
  };
}
