import type { BackupView } from "@/client";

/** Backups by their database's id, in the order they came. */
export function groupByDatabase(backups: BackupView[]): Map<string, BackupView[]> {
  const groups = new Map<string, BackupView[]>();
  for (const backup of backups) {
    if (!backup.databaseId) continue;
    const group = groups.get(backup.databaseId);
    if (group) group.push(backup);
    else groups.set(backup.databaseId, [backup]);
  }
  return groups;
}
