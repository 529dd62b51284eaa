import { createColumnHelper } from "@tanstack/react-table";
import type { BackupView } from "@/client";
import type { DataTableFeatures } from "@/components/data-table/features";
import { formatBytes } from "@/lib/format";
import { backupColumns } from "./backup-columns";
import { BackupMenu } from "./backup-menu";
import { ProvenMark } from "./proven-mark";

const helper = createColumnHelper<DataTableFeatures, BackupView>();

export const backupListColumns = [
  ...backupColumns,
  helper.display({
    id: "proven",
    header: "Verified",
    cell: ({ row: { original: backup } }) => <ProvenMark backup={backup} />,
  }),
  helper.display({
    id: "sourceSize",
    header: "Database size",
    meta: { extra: true, align: "right" },
    cell: ({ row: { original: backup } }) => formatBytes(backup.sourceSize),
  }),
  helper.display({
    id: "packing",
    header: "Compression",
    meta: { extra: true },
    cell: ({ row: { original: backup } }) => backup.compression,
  }),
  helper.display({
    id: "encryption",
    header: "Encrypted",
    meta: { extra: true },
    cell: ({ row: { original: backup } }) => (backup.encryption ? "Yes" : "No"),
  }),
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
