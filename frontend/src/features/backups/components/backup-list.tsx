import type { BackupView } from "@/client";
import { DataTable } from "@/components/data-table/data-table";
import type { Sort } from "@/components/data-table/sort";
import { BackupCard } from "./backup-card";
import { backupListColumns, ownBackupColumns } from "./backup-list-columns";
import { BackupMenu } from "./backup-menu";

interface BackupListProps {
  backups: BackupView[];
  /** They are all of one database: its name need not be said in each row. */
  ofOneDatabase?: boolean;
  sort?: Sort;
  onSort?: (sort: Sort) => void;
  stale?: boolean;
}

export function BackupList({ backups, ofOneDatabase, sort, onSort, stale }: BackupListProps) {
  return (
    <DataTable
      name={ofOneDatabase ? "backups-of-one" : "backups"}
      caption="Backups"
      columns={ofOneDatabase ? ownBackupColumns : backupListColumns}
      rows={backups}
      rowId={(backup) => backup.id}
      renderCard={(backup) => <BackupCard backup={backup} menu={<BackupMenu backup={backup} />} />}
      sort={sort}
      onSort={onSort}
      stale={stale}
    />
  );
}
