import { createColumnHelper } from "@tanstack/react-table";
import type { AuditEventView } from "@/client";
import type { DataTableFeatures } from "@/components/data-table/features";
import { formatDateTime } from "@/lib/format";
import { AuditDetails } from "./audit-details";
import { AuditAction, AuditActor, AuditOutcome } from "./audit-parts";

const helper = createColumnHelper<DataTableFeatures, AuditEventView>();

export const auditColumns = (onActor: (id: string) => void) =>
  helper.columns([
    helper.accessor("at", {
      header: "When",
      // In a log the order of the minutes counts more than how long ago they were.
      cell: ({ getValue }) => (
        <time dateTime={getValue()} className="whitespace-nowrap">
          {formatDateTime(getValue())}
        </time>
      ),
    }),
    helper.accessor("action", {
      header: "What",
      cell: ({ row: { original: event } }) => (
        <div className="min-w-56">
          <AuditAction event={event} />
          <AuditDetails event={event} />
        </div>
      ),
    }),
    helper.accessor("actorName", {
      header: "Who",
      cell: ({ row: { original: event } }) => <AuditActor event={event} onActor={onActor} />,
    }),
    helper.accessor("address", {
      header: "From",
      cell: ({ getValue }) => <span className="font-mono text-sm">{getValue() || "–"}</span>,
    }),
    helper.accessor("outcome", {
      header: "Outcome",
      cell: ({ row: { original: event } }) => <AuditOutcome event={event} />,
    }),
  ]);
