import { Link } from "@tanstack/react-router";
import { createColumnHelper } from "@tanstack/react-table";
import { Pin } from "lucide-react";
import type { BackupView } from "@/client";
import type { DataTableFeatures } from "@/components/data-table/features";
import { RunNote } from "@/components/run/run-note";
import { typeLabel } from "@/components/run/run-state";
import { StatusBadge } from "@/components/run/status-badge";
import { Time } from "@/components/ui/time";
import { formatBytes, formatDuration } from "@/lib/format";
import { CopiesLine } from "./copies-line";

const helper = createColumnHelper<DataTableFeatures, BackupView>();

export const backupColumns = helper.columns([
  helper.accessor("createdAt", {
    header: "When",
    cell: ({ row: { original: backup } }) => (
      <Link
        to="/backups/$id"
        params={{ id: backup.id }}
        className="whitespace-nowrap rounded-sm font-semibold underline-offset-3 hover:underline"
      >
        <Time value={backup.createdAt} />
      </Link>
    ),
  }),
  helper.accessor("databaseName", {
    header: "Database",
    cell: ({ row: { original: backup } }) => (
      <span className="block max-w-56 min-w-24">
        <span className="flex items-center gap-1.5">
          <span className="truncate">{backup.databaseName}</span>
          {backup.pinned ? <Pin className="size-3.5 shrink-0 text-accent" aria-label="Pinned" /> : null}
        </span>
        {backup.label ? <span className="block truncate text-sm text-ink-faint">{backup.label}</span> : null}
      </span>
    ),
  }),
  helper.accessor("type", {
    header: "Type",
    cell: ({ row: { original: backup } }) => (
      <>
        {typeLabel(backup.type)}
        {backup.scheduleName ? (
          <span className="block max-w-40 truncate text-sm text-ink-faint">{backup.scheduleName}</span>
        ) : null}
      </>
    ),
  }),
  helper.accessor("status", {
    header: "Status",
    cell: ({ row: { original: backup } }) => (
      <>
        <StatusBadge status={backup.status} queuePosition={backup.queuePosition} />
        <RunNote backup={backup} />
      </>
    ),
  }),
  helper.accessor("size", {
    header: "Size",
    meta: { align: "right" },
    cell: ({ getValue }) => <span className="whitespace-nowrap">{formatBytes(getValue())}</span>,
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
    id: "copies",
    header: "Copies",
    cell: ({ row: { original: backup } }) => <CopiesLine copies={backup.copies} />,
  }),
]);
