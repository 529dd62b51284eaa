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
import { announceEnd } from "./announce-end";

/** Brings what the page holds in line with what the server just said. */
export function applyEvent(queries: QueryClient, event: EventMessage) {
  if (event.type === "progress") applyProgress(queries, event);
  else if (event.type === "execution") applyExecution(queries, event);
  else if (event.type === "change") applyChange(queries, event);
}

export const progressKey = (id: string) => ["progress", id] as const;

function applyProgress(queries: QueryClient, event: ProgressEvent) {
  queries.setQueryData<ProgressView>(progressKey(event.id), event.progress);
}

function applyExecution(queries: QueryClient, event: ExecutionEvent) {
  if (event.kind === "verify") {
    for (const queryKey of [keys.verifications, keys.backups, keys.databases, keys.status])
      void queries.invalidateQueries({ queryKey });
    announceEnd(event);
    return;
  }
  const isBackup = event.kind === "backup";
  const key = isBackup ? keys.backup(event.id) : keys.restore(event.id);
  queries.setQueryData<BackupDetail | RestoreDetail>(key, (old) =>
    old ? { ...old, status: event.status, errorMessage: event.errorMessage } : old,
  );
  void queries.invalidateQueries({ queryKey: isBackup ? keys.backups : keys.restores });
  void queries.invalidateQueries({ queryKey: keys.databases });
  void queries.invalidateQueries({ queryKey: keys.status });
  void queries.invalidateQueries({ queryKey: keys.statistics });
  if (isBackup) void queries.invalidateQueries({ queryKey: keys.schedules });
  announceEnd(event);
}

const RESOURCE_KEYS: Record<string, readonly string[]> = {
  database: keys.databases,
  schedule: keys.schedules,
  backup: keys.backups,
  restore: keys.restores,
  upload: keys.uploads,
  "s3-config": keys.s3Configs,
  "encryption-key": keys.encryptionKeys,
  settings: keys.settings,
  "notification-channel": keys.notificationChannels,
  "notification-delivery": keys.notificationDeliveries,
  user: ["users"],
  "api-key": ["api-keys"],
  "retention-policy": keys.retentionPolicies,
};

function applyChange(queries: QueryClient, event: ChangeEvent) {
  const queryKey = RESOURCE_KEYS[event.resource];
  if (queryKey) void queries.invalidateQueries({ queryKey });
  // A database shows its next run; its schedules go with it when it is deleted.
  if (event.resource === "schedule") void queries.invalidateQueries({ queryKey: keys.databases });
  if (event.resource === "database") void queries.invalidateQueries({ queryKey: keys.schedules });
}
