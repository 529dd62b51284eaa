/** What each level of proof does, and what it cannot see. The words of the verify dialog and the lists. */
export const LEVELS = [
  {
    level: 1,
    label: "Read the stored bytes",
    does: "Reads every file of the copy and compares it with what was written.",
    blind: "Does not look inside: a backup that was bad from the start passes.",
  },
  {
    level: 2,
    label: "Read it to the end",
    does: "Decrypts and decompresses it, and reads the dump to its last line with the restore tool.",
    blind: "Does not run it: a dump that no server accepts passes.",
  },
  {
    level: 3,
    label: "Restore it on the side",
    does: "Restores it into a scratch database, compares tables, columns, row counts, hashes of sampled rows and other objects, and drops it.",
    blind: "Sees altered cells in sampled rows only, and in none of MySQL and MariaDB.",
  },
  {
    level: 4,
    label: "Ask your own questions",
    does: "Runs the database's assertions on the restored copy; each must hold.",
    blind: "Sees what they ask for, and nothing else.",
  },
] as const;

export const levelLabel = (level: number) =>
  LEVELS.find((known) => known.level === level)?.label ?? `Level ${level}`;
