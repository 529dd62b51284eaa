export type WizardStep = "source" | "options" | "confirm";
export const STEPS: { id: WizardStep; label: string }[] = [
  { id: "source", label: "Source" },
  { id: "options", label: "Options" },
  { id: "confirm", label: "Confirm" },
];

/** What the wizard starts from, as it stands in the address. */
export interface RestoreSearch {
  step?: WizardStep;
  /** A backup to restore. */
  backup?: string;
  /** The database whose backups and server are meant. */
  target?: string;
  /** A bucket to browse. */
  s3?: string;
}

export function parseRestoreSearch(raw: Record<string, unknown>): RestoreSearch {
  const text = (value: unknown) => (typeof value === "string" && value ? value : undefined);
  return {
    step: STEPS.find((step) => step.id === raw.step)?.id,
    backup: text(raw.backup),
    target: text(raw.target),
    s3: text(raw.s3),
  };
}

/** Where the bytes come from. */
export type RestoreSource =
  | {
      kind: "backup";
      backupId: string;
      copyId: string | null;
      databaseId: string | null;
      databaseName: string;
    }
  | { kind: "s3"; s3ConfigId: string; configName: string; key: string }
  | {
      kind: "upload";
      uploadId: string;
      name: string;
      /** `pg_custom`, `sql` or `script`. */
      format: string;
      /** Null where nothing in the file tells. */
      engine: string | null;
      database: string | null;
    }
  | { kind: "script"; text: string; format: "script" };

/** A name that is most likely free, and says what it is. */
export function suggestName(databaseName: string): string {
  // A display name may hold blanks and capitals, which would have to be quoted in every tool for ever.
  const plain = databaseName
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");
  return `${plain.slice(0, 50) || "database"}_restored`;
}
