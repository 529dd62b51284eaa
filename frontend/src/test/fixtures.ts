import type {
  BackupDetail,
  BackupView,
  CopyView,
  DatabaseView,
  EncryptionKeyView,
  LogLine,
  Me,
  NotificationChannelView,
  NotificationDeliveryView,
  NotificationEventView,
  Preflight,
  Probe,
  ProgressView,
  RestoreDetail,
  RestoreUploadView,
  RetentionDecision,
  RetentionPolicyView,
  RetentionPreview,
  RetentionSimulation,
  S3ConfigView,
  SchedulePreview,
  ScheduleView,
  SettingView,
  StatisticsDay,
  SystemStatistics,
  SystemStatus,
  UserView,
  VerificationView,
} from "@/client";

export const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

export const inMinutes = (minutes: number) => ago(-minutes);

export function makeDatabase(change: Partial<DatabaseView> = {}): DatabaseView {
  return {
    id: "db-1",
    name: "shop",
    slug: "shop",
    type: "postgresql",
    host: "postgres",
    port: 5432,
    database: "shop",
    username: "backup",
    hasPassword: true,
    tlsMode: "prefer",
    tlsCa: null,
    containerName: null,
    containerState: null,
    managedBy: null,
    enabled: true,
    dumpOptions: {},
    limits: {},
    serverVersion: "16.4",
    size: 3_650_722_201,
    reachable: true,
    checkedAt: ago(3),
    lastError: null,
    lastBackup: {
      id: "backup-1",
      status: "completed",
      completedAt: ago(118),
      createdAt: ago(120),
      size: 1_288_490_188,
    },
    lastGoodBackupAt: ago(118),
    nextBackupAt: inMinutes(220),
    schedules: 1,
    lastProvenAt: null,
    lastRestoreSeconds: null,
    rpoSeconds: 7_200,
    rtoSeconds: null,
    assertions: [],
    verifyTargetId: null,
    verifyTargetKind: "server",
    scratchContainer: "notLinked",
    dumpVia: "network",
    containerDump: "notLinked",
    createdAt: ago(50_000),
    updatedAt: ago(3),
    ...change,
  };
}

export function makeCopy(change: Partial<CopyView> = {}): CopyView {
  return {
    id: "copy-1",
    storage: "local",
    s3ConfigId: null,
    s3ConfigName: null,
    bucket: null,
    key: "shop/2026/11/shop_manual_20261122_143022_abc123.dump.gz",
    version: null,
    etag: null,
    size: 1_288_490_188,
    sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    state: "complete",
    error: null,
    lockedUntil: null,
    uploadStartedAt: ago(120),
    uploadCompletedAt: ago(118),
    checkedAt: null,
    seenAt: null,
    ...change,
  };
}

export function makeS3Copy(change: Partial<CopyView> = {}): CopyView {
  return makeCopy({
    id: "copy-2",
    storage: "s3",
    s3ConfigId: "s3-1",
    s3ConfigName: "Offsite",
    bucket: "acme-backups",
    ...change,
  });
}

export function makeBackup(change: Partial<BackupView> = {}): BackupView {
  return {
    id: "backup-1",
    databaseId: "db-1",
    databaseName: "shop",
    engine: "postgresql",
    type: "manual",
    status: "completed",
    label: null,
    pinned: false,
    retentionPolicyId: null,
    keepForever: false,
    deletedAt: null,
    deletedBy: null,
    deletedReason: null,
    fileName: "shop_manual_20261122_143022_abc123.dump.gz",
    size: 1_288_490_188,
    plainSize: 3_400_000_000,
    sourceSize: 3_650_722_201,
    compression: "gzip",
    compressionLevel: null,
    encryption: null,
    sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    plainSha256: "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
    serverVersion: "16.4",
    toolVersion: "pg_dump 16.15",
    scheduleId: null,
    scheduleName: null,
    slot: null,
    notBefore: null,
    attempt: 1,
    verifiedLevel: 0,
    verifiedAt: null,
    damage: null,
    anomalies: [],
    createdAt: ago(120),
    startedAt: ago(120),
    completedAt: ago(118),
    duration: 134.6,
    errorCode: null,
    errorMessage: null,
    queuePosition: null,
    s3Uploaded: true,
    s3Bucket: "acme-backups",
    s3Key: "shop/2026/11/shop_manual_20261122_143022_abc123.dump.gz",
    s3UploadAt: ago(118),
    copies: [makeCopy(), makeS3Copy()],
    progress: null,
    ...change,
  };
}

export function makeBackupDetail(change: Partial<BackupDetail> = {}): BackupDetail {
  return {
    ...makeBackup(),
    options: {},
    recipients: [],
    signature: { state: "own", fingerprint: "0451e76d", message: "Signed with the key of this instance." },
    parts: [],
    tables: [
      { schema: "public", name: "orders", rows: 1_204_332, rowsExact: true, size: 1_900_000_000 },
      { schema: "public", name: "customers", rows: 88_120, rowsExact: false, size: 220_000_000 },
    ],
    roles: ["app"],
    retention: makeDecision(),
    logTail: [],
    ...change,
  };
}

export function makeDecision(change: Partial<RetentionDecision> = {}): RetentionDecision {
  return {
    keep: true,
    reasons: [
      { kind: "newest", text: "It is the newest good backup of the database.", policy: null, until: null },
      {
        kind: "daily",
        text: "Standard: the last backup of the day 2026-11-22, within the last 7 days.",
        policy: "Standard",
        until: "2026-11-29T00:00:00Z",
      },
    ],
    until: "2026-11-29T00:00:00Z",
    ...change,
  };
}

export function makePolicy(change: Partial<RetentionPolicyView> = {}): RetentionPolicyView {
  return {
    id: "policy-1",
    name: "Standard",
    description: "Good for most.",
    strategy: "tiered",
    keepHourly: 24,
    keepDaily: 7,
    keepWeekly: 4,
    keepMonthly: 12,
    keepYearly: 0,
    maxCount: null,
    maxTotalSize: null,
    maxAgeDays: null,
    minKeep: 1,
    schedules: 2,
    backups: 0,
    createdAt: ago(50_000),
    updatedAt: ago(50_000),
    ...change,
  };
}

/** Three backups: the newest and yesterday's kept, one of 400 days ago cut by the ceiling. */
export function makeRetentionPreview(change: Partial<RetentionPreview> = {}): RetentionPreview {
  const backup = { type: "daily", label: null, size: 1_000_000_000, ...makeDecision() };
  return {
    now: ago(0),
    timezones: ["Europe/Berlin"],
    ceilingDays: 365,
    kept: 2,
    keptSize: 2_000_000_000,
    deleted: 1,
    deletedSize: 1_000_000_000,
    cutByCeiling: 1,
    backups: [
      { ...backup, id: "backup-1", at: ago(60) },
      { ...backup, id: "backup-2", at: ago(1_500) },
      {
        ...backup,
        id: "backup-3",
        at: ago(576_000),
        keep: false,
        until: null,
        reasons: [
          { kind: "ceiling", text: "It is older than 365 days.", policy: null, until: null },
          { kind: "refused", text: "This policy: it is older.", policy: "This policy", until: null },
        ],
      },
    ],
    ...change,
  };
}

export function makeSimulation(change: Partial<RetentionSimulation> = {}): RetentionSimulation {
  return {
    start: "2026-11-25T00:00:00Z",
    end: "2027-11-25T00:00:00Z",
    ceilingDays: 365,
    points: [
      { at: "2026-12-25T00:00:00Z", count: 20, size: 20_000_000_000 },
      { at: "2027-11-25T00:00:00Z", count: 44, size: 44_000_000_000 },
    ],
    most: 44,
    kept: [
      { at: "2027-11-24T23:00:00Z", reasons: makeDecision().reasons },
      { at: "2027-10-31T23:00:00Z", reasons: makeDecision().reasons },
    ],
    ...change,
  };
}

export function makeProgress(change: Partial<ProgressView> = {}): ProgressView {
  return {
    stage: "Dumping",
    bytesRead: 1_700_000_000,
    bytesWritten: 640_000_000,
    bytesTotal: 3_400_000_000,
    bytesUploaded: { "copy-2": 610_000_000 },
    tablesDone: 12,
    tablesTotal: 48,
    currentTable: "public.orders",
    bytesPerSecond: 30_400_000,
    etaSeconds: 56,
    ...change,
  };
}

export function makeRestore(change: Partial<RestoreDetail> = {}): RestoreDetail {
  return {
    id: "restore-1",
    databaseId: "db-1",
    databaseName: "shop",
    targetDatabase: "shop_restored",
    backupId: "backup-1",
    sourceType: "local",
    sourceS3ConfigId: null,
    sourceBucket: null,
    sourceKey: "shop/2026/11/shop_manual_20261122_143022_abc123.dump.gz",
    sourceName: "shop",
    options: { newDatabase: "shop_restored", jobs: 1, noOwner: false, missingRoles: "create" },
    status: "completed",
    createdAt: ago(30),
    startedAt: ago(30),
    completedAt: ago(27),
    duration: 171.2,
    errorCode: null,
    errorMessage: null,
    startedBy: "anonymous",
    confirmedBy: "anonymous",
    safetyBackupId: null,
    checks: [],
    undoOfId: null,
    undoneById: null,
    undoState: null,
    keptDatabase: null,
    keptUntil: null,
    attempt: 1,
    notBefore: null,
    queuePosition: null,
    waitingFor: null,
    progress: null,
    logTail: [],
    ...change,
  };
}

export function makeSchedule(change: Partial<ScheduleView> = {}): ScheduleView {
  return {
    id: "schedule-1",
    databaseId: "db-1",
    databaseName: "shop",
    databaseEnabled: true,
    name: "Nightly",
    type: "daily",
    cronExpression: "30 2 * * *",
    reading: "At 02:30, every day",
    timezone: "Europe/Berlin",
    enabled: true,
    managedBy: null,
    nextRunAt: inMinutes(220),
    lastRun: {
      id: "backup-1",
      status: "completed",
      slot: ago(1220),
      createdAt: ago(1220),
      completedAt: ago(1218),
      errorMessage: null,
    },
    missedSlot: null,
    missedCount: 0,
    missedReason: null,
    local: true,
    uploadToS3: true,
    s3ConfigIds: null,
    retentionPolicyId: null,
    retentionPolicyName: null,
    compression: "gzip",
    compressionLevel: null,
    encryption: null,
    options: {},
    retryLimit: 3,
    retryDelay: 60,
    retryMaxDelay: 3600,
    jitter: 0,
    catchUp: true,
    blackout: [],
    verifyEvery: null,
    verifyLevel: 3,
    hasPingUrl: false,
    createdAt: ago(50_000),
    updatedAt: ago(50_000),
    ...change,
  };
}

export function makePreview(change: Partial<SchedulePreview> = {}): SchedulePreview {
  return {
    reading: "At 02:30, every day",
    timezone: "Europe/Berlin",
    nextRuns: ["2026-11-27T02:30:00+01:00", "2026-11-28T02:30:00+01:00", "2026-11-29T02:30:00+01:00"],
    warnings: [],
    ...change,
  };
}

export function makeS3Config(change: Partial<S3ConfigView> = {}): S3ConfigView {
  return {
    id: "s3-1",
    name: "Offsite",
    region: "eu-central-1",
    bucket: "acme-backups",
    accessKeyHint: "7Q2X",
    hasSecretKey: true,
    endpoint: null,
    pathStyle: false,
    pathPrefix: "production",
    sseMode: "none",
    kmsKeyId: null,
    hasCustomerKey: false,
    storageClass: null,
    tagObjects: true,
    objectLockMode: null,
    objectLockDays: null,
    uploadLimit: null,
    downloadLimit: null,
    allowHttp: false,
    deleteVersions: false,
    enabled: true,
    isDefault: true,
    copies: 214,
    createdAt: ago(50_000),
    updatedAt: ago(50_000),
    ...change,
  };
}

export function makeVerification(change: Partial<VerificationView> = {}): VerificationView {
  return {
    id: "verification-1",
    backupId: "backup-1",
    copyId: "copy-1",
    storage: "the local disk",
    databaseId: "db-1",
    databaseName: "shop",
    targetId: "db-1",
    targetName: "shop",
    targetKind: "server",
    level: 3,
    status: "completed",
    createdAt: ago(60),
    startedAt: ago(60),
    completedAt: ago(58),
    duration: 121.4,
    restoreSeconds: 84.2,
    checks: [{ name: "tables", ok: true, message: "48 tables, the same as in the manifest." }],
    errorCode: null,
    errorMessage: null,
    startedBy: "anonymous",
    queuePosition: null,
    progress: null,
    ...change,
  };
}

export function makeKey(change: Partial<EncryptionKeyView> = {}): EncryptionKeyView {
  return {
    id: "key-1",
    name: "Backups 2026",
    kind: "age",
    publicKey: null,
    recipient: "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
    hasIdentity: true,
    state: "active",
    recovery: false,
    downloadedAt: ago(400),
    comment: "",
    backups: 12,
    createdAt: ago(500),
    ...change,
  };
}

export function makeStatus(change: Partial<SystemStatus> = {}): SystemStatus {
  return {
    version: "0.1.0",
    uptimeSeconds: 86_400,
    authMode: "none",
    instanceId: "instance-1",
    timezone: "UTC",
    localStorage: { path: "/app/data/backups", total: 214_748_364_800, free: 132_000_000_000 },
    health: { ok: true, checks: [{ name: "catalogue", ok: true, message: "It answers.", essential: true }] },
    running: 0,
    queued: 0,
    maxRetentionDays: 365,
    unprotected: [],
    overdue: [],
    ...change,
  };
}

export function makeProbe(change: Partial<Probe> = {}): Probe {
  return {
    serverVersion: "16.4",
    flavour: "PostgreSQL",
    size: 3_650_722_201,
    tls: true,
    tlsVersion: "TLSv1.3",
    latencyMs: 2.4,
    canDump: true,
    missingPrivileges: [],
    tool: { version: "16.15", folder: "/usr/lib/postgresql/16/bin", exact: true, note: null },
    toolError: null,
    ...change,
  };
}

export function makePreflight(change: Partial<Preflight> = {}): Preflight {
  return {
    ok: true,
    findings: [
      { level: "ok", code: "source", message: "All files of the backup are there and have the right size." },
      { level: "warning", code: "missing-roles", message: "The role app is missing and will be created." },
    ],
    sourceName: "shop",
    sourceEngine: "postgresql",
    sourceVersion: "16.4",
    sourceSize: 3_650_722_201,
    tables: 48,
    storedSize: 1_288_490_188,
    backupCompletedAt: ago(118),
    estimatedSeconds: null,
    estimatedFrom: 0,
    ...change,
  };
}

export function makeLines(count: number, change: Partial<LogLine> = {}): LogLine[] {
  return Array.from({ length: count }, (_, index) => ({
    seq: index + 1,
    level: "info",
    message: `dumping contents of table "public.orders_${index + 1}"`,
    metadata: null,
    timestamp: new Date(Date.UTC(2026, 10, 22, 14, 30, 0, index * 35)).toISOString(),
    ...change,
  }));
}

export function makeSetting(change: Partial<SettingView> = {}): SettingView {
  return {
    key: "backup.maxConcurrent",
    description: "Runs at the same time",
    kind: "number",
    value: 3,
    default: 3,
    source: "default",
    locked: false,
    environment: "MAX_CONCURRENT_BACKUPS",
    minimum: 1,
    maximum: 64,
    choices: null,
    ...change,
  };
}

export function makeDay(change: Partial<StatisticsDay> = {}): StatisticsDay {
  return {
    date: "2026-03-01",
    completed: 2,
    failed: 0,
    size: 2048,
    meanDuration: 60,
    stored: 4096,
    ...change,
  };
}

export function makeStatistics(change: Partial<SystemStatistics> = {}): SystemStatistics {
  return {
    backups: 1234,
    completed24h: 3,
    failed24h: 1,
    restores: 2,
    storedLocal: 1024,
    storedS3: 3072,
    databases: 7,
    protected: 7,
    proven: 6,
    successRate: 0.75,
    meanDuration: 60,
    meanSize: 1024,
    uploadSuccessRate: 1,
    activeSchedules: 2,
    nextRunAt: null,
    days: [makeDay({ date: "2026-02-28", failed: 1 }), makeDay()],
    ...change,
  };
}

export function makeChannel(change: Partial<NotificationChannelView> = {}): NotificationChannelView {
  return {
    id: "channel-1",
    name: "Incident desk",
    target: "https://hooks.example.com/…",
    settings: { kind: "webhook", hasUrl: true, hasSigningSecret: true },
    events: ["backup.failed"],
    databaseIds: null,
    failureThreshold: 1,
    recovery: true,
    enabled: true,
    deliveredAt: ago(5),
    failedAt: null,
    lastError: null,
    createdAt: ago(50_000),
    updatedAt: ago(5),
    ...change,
  };
}

export function makeDelivery(change: Partial<NotificationDeliveryView> = {}): NotificationDeliveryView {
  return {
    id: "delivery-1",
    channelId: "channel-1",
    scheduleId: null,
    event: "backup.failed",
    severity: "error",
    title: "Backup of shop failed",
    text: "The daily backup failed: no answer.",
    state: "delivered",
    attempts: 1,
    nextAttemptAt: null,
    finishedAt: ago(5),
    result: "The answer was 200, after 12 ms.",
    createdAt: ago(5),
    ...change,
  };
}

export const notificationEvents: NotificationEventView[] = [
  { type: "backup.succeeded", label: "Backup succeeded", severity: "info", counted: false },
  { type: "backup.failed", label: "Backup failed", severity: "error", counted: true },
  { type: "disk.low", label: "Disk space low", severity: "error", counted: false },
];

const VIEWER: Me["permissions"] = ["database.view", "backup.view", "restore.view"];

const OPERATOR: Me["permissions"] = [
  ...VIEWER,
  "database.create",
  "database.edit",
  "backup.execute",
  "backup.download",
  "restore.execute",
  "schedule.manage",
];

const PERMISSIONS: Record<Me["role"], Me["permissions"]> = {
  viewer: VIEWER,
  operator: OPERATOR,
  admin: [...OPERATOR, "database.delete", "backup.delete", "system.configure"],
};

export function makeMe(change: Partial<Me> = {}): Me {
  const role = change.role ?? "admin";
  return {
    authMode: "local",
    id: "user-1",
    username: "alice",
    displayName: "Alice",
    role,
    permissions: PERMISSIONS[role],
    via: "session",
    sessionId: "session-1",
    userId: "user-1",
    provider: "local",
    ...change,
  };
}

export function makeUser(change: Partial<UserView> = {}): UserView {
  return {
    id: "user-1",
    username: "alice",
    displayName: "Alice",
    role: "admin",
    disabled: false,
    secondFactor: false,
    provider: "local",
    passwordChangedAt: ago(5000),
    lastSignInAt: ago(12),
    createdAt: ago(50_000),
    ...change,
  };
}

export function makeUpload(change: Partial<RestoreUploadView> = {}): RestoreUploadView {
  return {
    id: "upload-1",
    name: "shop.dump",
    size: 1_000_000,
    offset: 1_000_000,
    state: "ready",
    errorCode: null,
    errorMessage: null,
    kind: "PostgreSQL archive (pg_dump), server 16.4, gzip",
    format: "pg_custom",
    engine: "postgresql",
    serverVersion: "16.4",
    database: "shop",
    tables: 12,
    compression: "gzip",
    encryption: null,
    sha256: "0".repeat(64),
    plainSize: 5_000_000,
    hasManifest: false,
    createdBy: "anonymous",
    createdAt: ago(3),
    expiresAt: ago(-2_877),
    ...change,
  };
}
