import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import {
  getBackup,
  getDatabase,
  getRestore,
  getRetentionPolicy,
  getS3Config,
  getSchedule,
  getStatistics,
  getSystemStatus,
  type ListBackupsData,
  type ListDatabasesData,
  type ListRestoresData,
  type ListSchedulesData,
  type ListVerificationsData,
  listBackups,
  listDatabases,
  listEncryptionKeys,
  listRestores,
  listRetentionPolicies,
  listS3Configs,
  listSchedules,
  listVerifications,
} from "@/client";
import { ask, askPage } from "./api";

export type BackupFilter = NonNullable<ListBackupsData["query"]>;
export type DatabaseFilter = NonNullable<ListDatabasesData["query"]>;
export type VerificationFilter = NonNullable<ListVerificationsData["query"]>;
export type ScheduleFilter = NonNullable<ListSchedulesData["query"]>;
export type RestoreFilter = NonNullable<ListRestoresData["query"]>;

/** Reads that more than one feature needs, and the keys under which live events find them. */
export const keys = {
  databases: ["databases"] as const,
  backups: ["backups"] as const,
  restores: ["restores"] as const,
  verifications: ["verifications"] as const,
  schedules: ["schedules"] as const,
  s3Configs: ["s3-configs"] as const,
  encryptionKeys: ["encryption-keys"] as const,
  notificationChannels: ["notification-channels"] as const,
  notificationDeliveries: ["notification-deliveries"] as const,
  retentionPolicies: ["retention-policies"] as const,
  uploads: ["uploads"] as const,
  status: ["status"] as const,
  settings: ["settings"] as const,
  statistics: ["statistics"] as const,
  users: ["users"] as const,
  me: ["me"] as const,
  apiKeys: ["api-keys"] as const,
  audit: ["audit"] as const,
  discovery: ["discovery"] as const,
  backup: (id: string) => ["backups", "one", id] as const,
  restore: (id: string) => ["restores", "one", id] as const,
  database: (id: string) => ["databases", "one", id] as const,
};

export const databasesQuery = (query: DatabaseFilter = {}) =>
  queryOptions({
    queryKey: [...keys.databases, "list", query],
    queryFn: () => askPage(listDatabases({ query: { limit: 200, ...query } })),
    placeholderData: keepPreviousData,
  });

export const databaseQuery = (id: string) =>
  queryOptions({
    queryKey: keys.database(id),
    queryFn: () => ask(getDatabase({ path: { database_id: id } })),
  });

/** What the overview and the databases look at: enough for what runs now and for each database's last runs. */
export const OVERVIEW_BACKUPS: BackupFilter = { sort: "-createdAt", limit: 200 };

export const backupsQuery = (query: BackupFilter = {}) =>
  queryOptions({
    queryKey: [...keys.backups, "list", query],
    queryFn: () => askPage(listBackups({ query })),
    placeholderData: keepPreviousData,
  });

/** Deleted here, but not gone from every storage. */
export const undeletedQuery = () => backupsQuery({ undeleted: true, limit: 200 });

/** What a restore may start from, newest first. */
export const restorableQuery = (databaseId: string | undefined) =>
  backupsQuery({ databaseId, status: "completed", sort: "-createdAt", limit: 100 });

export const pastVerificationsQuery = (backupId: string) => verificationsQuery({ backupId, limit: 20 });

/** A database's good backups, as many as the API gives at once. */
export const restorePointsQuery = (databaseId: string) =>
  backupsQuery({ databaseId, status: "completed", sort: "-createdAt", limit: 200 });

/** What a database's page lists. */
export const databaseBackupsQuery = (databaseId: string) =>
  backupsQuery({ databaseId, sort: "-createdAt", limit: 25 });

export const backupQuery = (id: string) =>
  queryOptions({ queryKey: keys.backup(id), queryFn: () => ask(getBackup({ path: { backup_id: id } })) });

export const restoresQuery = (query: RestoreFilter = {}) =>
  queryOptions({
    queryKey: [...keys.restores, "list", query],
    queryFn: () => askPage(listRestores({ query })),
    placeholderData: keepPreviousData,
  });

export const restoreQuery = (id: string) =>
  queryOptions({ queryKey: keys.restore(id), queryFn: () => ask(getRestore({ path: { restore_id: id } })) });

export const verificationsQuery = (query: VerificationFilter = {}) =>
  queryOptions({
    queryKey: [...keys.verifications, "list", query],
    queryFn: () => askPage(listVerifications({ query })),
    // The events tell; this is for when they can't.
    refetchInterval: ({ state }) =>
      state.data?.items.some(({ status }) => status === "queued" || status === "running") ? 5_000 : false,
  });

export const schedulesQuery = (query: ScheduleFilter = {}) =>
  queryOptions({
    queryKey: [...keys.schedules, "list", query],
    queryFn: () => askPage(listSchedules({ query: { limit: 200, ...query } })),
  });

export const scheduleQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.schedules, "one", id],
    queryFn: () => ask(getSchedule({ path: { schedule_id: id } })),
  });

export const s3ConfigsQuery = () =>
  queryOptions({ queryKey: [...keys.s3Configs, "list"], queryFn: () => ask(listS3Configs()) });

export const s3ConfigQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.s3Configs, "one", id],
    queryFn: () => ask(getS3Config({ path: { config_id: id } })),
  });

export const encryptionKeysQuery = () =>
  queryOptions({ queryKey: keys.encryptionKeys, queryFn: () => ask(listEncryptionKeys()) });

/** A year of days: what is shown of it is the page's choice. */
export const statisticsQuery = () =>
  queryOptions({
    queryKey: keys.statistics,
    queryFn: () => ask(getStatistics({ query: { days: 365 } })),
    refetchInterval: 60_000,
  });

export const retentionPoliciesQuery = () =>
  queryOptions({
    queryKey: [...keys.retentionPolicies, "list"],
    queryFn: () => ask(listRetentionPolicies()),
  });

export const retentionPolicyQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.retentionPolicies, "one", id],
    queryFn: () => ask(getRetentionPolicy({ path: { policy_id: id } })),
  });

export const statusQuery = () =>
  queryOptions({
    queryKey: keys.status,
    queryFn: () => ask(getSystemStatus()),
    refetchInterval: 60_000,
  });
