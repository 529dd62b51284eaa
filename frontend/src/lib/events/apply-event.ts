import type { QueryClient } from "@tanstack/react-query";
import type {
  BackupDetail,
  ChangeEvent,
  EventMessage,
  ExecutionEvent,
  ProgressEvent,
  ProgressView,
  RestoreDetail,
} from "@/client";
import { keys } from "../queries";
import { affectedBy, affectedByRun } from "./affected";
import { announceEnd } from "./announce-end";
import { refresherOf } from "./refresher";

/** Brings what the page holds in line with what the server just said. */
export function applyEvent(queries: QueryClient, event: EventMessage) {
  if (event.type === "progress") applyProgress(queries, event);
  else if (event.type === "execution") applyExecution(queries, event);
  else if (event.type === "change") applyChange(queries, event);
}

export const progressKey = (id: string) => ["progress", id] as const;

function applyProgress(queries: QueryClient, event: ProgressEvent) {
  for (const run of event.runs) queries.setQueryData<ProgressView>(progressKey(run.id), run.progress);
}

function applyExecution(queries: QueryClient, event: ExecutionEvent) {
  if (event.kind !== "verify") {
    const key = event.kind === "backup" ? keys.backup(event.id) : keys.restore(event.id);
    queries.setQueryData<BackupDetail | RestoreDetail>(key, (old) =>
      old ? { ...old, status: event.status, errorMessage: event.errorMessage } : old,
    );
  }
  refresherOf(queries).want(...affectedByRun(event.kind));
  announceEnd(event);
}

function applyChange(queries: QueryClient, event: ChangeEvent) {
  refresherOf(queries).want(...affectedBy(event.resource));
}
