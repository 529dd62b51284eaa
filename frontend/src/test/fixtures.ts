import type {
  BackupDetail,
  BackupView,
  CopyView,
  DatabaseView,
  EncryptionKeyView,
  LogLine,
  Preflight,
  Probe,
  ProgressView,
  RestoreDetail,
  S3ConfigView,
  SystemStatus,
  VerificationView,
} from "@/client";

export const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

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
    lastProvenAt: null,
    lastRestoreSeconds: null,
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
    attempt: 1,
    verifiedLevel: 0,
    verifiedAt: null,
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
    parts: [],
    tables: [
      { schema: "public", name: "orders", rows: 1_204_332, rowsExact: true, size: 1_900_000_000 },
      { schema: "public", name: "customers", rows: 88_120, rowsExact: false, size: 220_000_000 },
    ],
    roles: ["app"],
    logTail: [],
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
    queuePosition: null,
    waitingFor: null,
    notBefore: null,
    progress: null,
    logTail: [],
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
    deleteAllVersions: false,
    uploadLimit: null,
    downloadLimit: null,
    allowHttp: false,
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
