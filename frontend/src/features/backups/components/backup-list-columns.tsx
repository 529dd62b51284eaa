import { createColumnHelper } from "@tanstack/react-table";
import type { BackupView } from "@/client";
import type { DataTableFeatures } from "@/components/data-table/features";
import { backupColumns } from "./backup-columns";
import { BackupMenu } from "./backup-menu";

const helper = createColumnHelper<DataTableFeatures, BackupView>();

export const backupListColumns = [
  ...backupColumns,
  helper.display({
    id: "actions",
    header: () => <span className="sr-only">Actions</span>,
    cell: ({ row: { original: backup } }) => (
      <div className="flex justify-end">
        <BackupMenu backup={backup} />
      </div>
    ),
  }),
];

/** Without what is the same in every row of a page about one database. */
export const ownBackupColumns = backupListColumns.filter((column) => {
  const key = "accessorKey" in column ? column.accessorKey : column.id;
  return key !== "databaseName" && key !== "type";
});
