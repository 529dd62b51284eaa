import type { QueryKey } from "@tanstack/react-query";
import { keys } from "../queries";

/** What is shown somewhere that a change of each kind of record may alter, beyond the record itself. */
const AFFECTED: Record<string, QueryKey[]> = {
  database: [keys.databases, keys.schedules, keys.backups, keys.status, keys.statistics],
  // A database shows its next run; a policy who uses it.
  schedule: [keys.schedules, keys.databases, keys.status, keys.retentionPolicies],
  backup: [keys.backups, keys.databases, keys.schedules, keys.status, keys.statistics],
  restore: [keys.restores, keys.databases, keys.status],
  verification: [keys.verifications, keys.backups, keys.databases, keys.status],
  upload: [keys.uploads],
  "s3-config": [keys.s3Configs, keys.backups, keys.status],
  "encryption-key": [keys.encryptionKeys],
  settings: [keys.settings, keys.status],
  "notification-channel": [keys.notificationChannels],
  "notification-delivery": [keys.notificationDeliveries, keys.notificationChannels],
  user: [keys.users, keys.me],
  "api-key": [keys.apiKeys],
  // Each backup says which policy keeps it, and until when.
  "retention-policy": [keys.retentionPolicies, keys.schedules, keys.backups],
  discovery: [keys.discovery, keys.status],
  // Whoever signs in stands in the audit log, and with the time in the list of users.
  "audit-event": [keys.audit, keys.users],
};

export const affectedBy = (resource: string): QueryKey[] => AFFECTED[resource] ?? [];

const OF_RUNS: Record<string, QueryKey[]> = {
  backup: [keys.backups, keys.databases, keys.schedules, keys.status, keys.statistics],
  restore: [keys.restores, keys.databases, keys.status, keys.statistics],
  verify: [keys.verifications, keys.backups, keys.databases, keys.status],
};

export const affectedByRun = (kind: string): QueryKey[] => OF_RUNS[kind] ?? [];
