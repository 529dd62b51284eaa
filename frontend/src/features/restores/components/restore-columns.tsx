import { Link } from "@tanstack/react-router";
import { createColumnHelper } from "@tanstack/react-table";
import type { RestoreView } from "@/client";
import type { DataTableFeatures } from "@/components/data-table/features";
import { StatusBadge } from "@/components/run/status-badge";
import { Time } from "@/components/ui/time";
import { formatDuration } from "@/lib/format";
import { RestoreMenu } from "./restore-menu";
import { UndoNote } from "./undo-note";

const helper = createColumnHelper<DataTableFeatures, RestoreView>();

export const restoreColumns = helper.columns([
  helper.accessor("createdAt", {
    header: "When",
    cell: ({ row: { original: restore } }) => (
      <Link
        to="/restores/$id"
        params={{ id: restore.id }}
        className="whitespace-nowrap rounded-sm font-semibold underline-offset-3 hover:underline"
      >
        <Time value={restore.createdAt} />
      </Link>
    ),
  }),
  helper.accessor("sourceName", { header: "Backup of", enableSorting: false }),
  helper.accessor("targetDatabase", {
    header: "Into",
    cell: ({ row: { original: restore } }) => (
      <span>
        <span className="font-mono text-sm">{restore.targetDatabase}</span>
        <span className="block text-sm text-ink-faint">on the server of {restore.databaseName}</span>
      </span>
    ),
  }),
  helper.accessor("sourceType", {
    header: "From",
    enableSorting: false,
    cell: ({ row: { original: restore } }) => sourceName(restore),
  }),
  helper.accessor("status", {
    header: "Status",
    cell: ({ row: { original: restore } }) => (
      <span>
        <StatusBadge status={restore.status} queuePosition={restore.queuePosition} />
        <UndoNote restore={restore} />
      </span>
    ),
  }),
  helper.accessor("duration", {
    header: "Took",
    meta: { align: "right" },
    cell: ({ getValue }) => {
      const seconds = getValue();
      return (
        <span className="whitespace-nowrap">{formatDuration(seconds === null ? null : seconds * 1000)}</span>
      );
    },
  }),
  helper.display({
    id: "actions",
    header: () => <span className="sr-only">Actions</span>,
    cell: ({ row: { original: restore } }) => (
      <div className="flex justify-end">
        <RestoreMenu restore={restore} />
      </div>
    ),
  }),
]);

const SOURCES: Record<string, string> = { local: "Local disk", s3: "S3", upload: "Upload", script: "Script" };

function sourceName({ sourceType, sourceBucket }: RestoreView): string {
  const place = SOURCES[sourceType] ?? sourceType;
  return sourceBucket ? `${place}: ${sourceBucket}` : place;
}
