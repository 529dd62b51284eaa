import type { BackupView } from "@/client";
import { DataTable } from "@/components/data-table/data-table";
import { BackupCard } from "./backup-card";
import { backupColumns } from "./backup-columns";

/** A few backups to look at, without the row menus (and their code). */
export function RecentBackups({ backups }: { backups: BackupView[] }) {
  return (
    <DataTable
      caption="Recent backups"
      columns={backupColumns}
      rows={backups}
      rowId={(backup) => backup.id}
      renderCard={(backup) => <BackupCard backup={backup} />}
    />
  );
}
