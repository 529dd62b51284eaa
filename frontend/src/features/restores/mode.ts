export type RestoreMode =
  | "newDatabase"
  | "replace"
  | "clean"
  | "schemaOnly"
  | "dataOnly"
  | "append"
  | "runScript";

interface ModeWords {
  label: string;
  /** What it does, and what it never does. */
  hint: string;
  /** Makes a database under a new name and touches nothing else. */
  creates: boolean;
  /** Drops something that is there. */
  destroys: boolean;
}

export const MODES: Record<RestoreMode, ModeWords> = {
  newDatabase: {
    label: "Into a new database",
    hint: "Creates it with everything: definitions and rows. Nothing that exists is touched.",
    creates: true,
    destroys: false,
  },
  replace: {
    label: "Drop and recreate the database",
    hint: "Afterwards it holds what the backup holds, and nothing else.",
    creates: false,
    destroys: true,
  },
  clean: {
    label: "Clean before restore",
    hint: "What the backup holds is dropped and made again. What else is in the database stays.",
    creates: false,
    destroys: true,
  },
  schemaOnly: {
    label: "Definitions only, into a new database",
    hint: "Creates it with tables, views and functions, without a single row. Nothing that exists is touched.",
    creates: true,
    destroys: false,
  },
  dataOnly: {
    label: "Rows only, into empty tables",
    hint: "Fills tables of an existing database that are there and empty. Creates and drops nothing.",
    creates: false,
    destroys: false,
  },
  append: {
    label: "Rows only, beside those that are there",
    hint: "Adds to tables of an existing database. Overwrites and deletes nothing; a row that collides stops it all.",
    creates: false,
    destroys: false,
  },
  runScript: {
    label: "Run it in an existing database",
    hint: "Does there what the script says, dropping and overwriting included.",
    creates: false,
    destroys: false,
  },
};

export const RESTORE_MODES = Object.keys(MODES) as RestoreMode[];

/** The mode of a restore's options; the oldest restores name none. */
export function modeOf(options: Record<string, unknown>): RestoreMode {
  const mode = options.mode as RestoreMode;
  return mode in MODES ? mode : "newDatabase";
}

/** Tells whether the engine lets a restored database take the place of the live one, which is kept. */
export function swaps(mode: RestoreMode, engine: string): boolean {
  return mode === "replace" && engine === "postgresql";
}
