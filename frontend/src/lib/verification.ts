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
    does: "Restores it into a scratch database on the same server, compares tables and columns, counts all rows, and drops it.",
    blind: "Does not know the cells: a value that was altered together with all checksums passes.",
  },
] as const;

export const levelLabel = (level: number) =>
  LEVELS.find((known) => known.level === level)?.label ?? `Level ${level}`;
