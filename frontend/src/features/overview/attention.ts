import type { BackupView, DatabaseView, S3ConfigView, SystemStatus } from "@/client";
import { formatDuration } from "@/lib/format";
import { diskUse, isTight } from "./disk";

export interface Attention {
  key: string;
  tone: "bad" | "warn";
  title: string;
  text: string;
  link: { to: string; label: string };
}

interface Facts {
  databases: DatabaseView[];
  backups: BackupView[];
  s3Configs: S3ConfigView[] | undefined;
  status: SystemStatus | undefined;
}

/** What a careful operator would look into now, the worst first. Says nothing that the API does not know. */
export function findAttention({ databases, backups, s3Configs, status }: Facts): Attention[] {
  const found = [
    ...(status ? [...health(status), ...unprotected(status), ...overdue(status, databases)] : []),
    ...databases.filter((database) => database.enabled).flatMap((database) => ofDatabase(database)),
    ...backups.flatMap((backup) => [...missingCopy(backup), ...ofBackup(backup)]),
  ];
  if (s3Configs?.length === 0 && databases.some((database) => database.lastGoodBackupAt)) {
    found.push({
      key: "no-s3",
      tone: "warn",
      title: "Every backup is on this machine only",
      text: "They are lost when its disk is. Add S3 storage for a second copy elsewhere.",
      link: { to: "/s3-configs/new", label: "Add S3 storage" },
    });
  }
  return found.sort((a, b) => Number(b.tone === "bad") - Number(a.tone === "bad"));
}

function ofDatabase(database: DatabaseView): Attention[] {
  const link = { to: `/databases/${database.id}`, label: "Open" };
  const found: Attention[] = [];
  if (database.reachable === false) {
    found.push({
      key: `offline-${database.id}`,
      tone: "bad",
      title: `${database.name} does not answer`,
      text: database.lastError ?? "The last connection test failed.",
      link,
    });
  }
  if (database.lastBackup?.status === "failed") {
    found.push({
      key: `failed-${database.id}`,
      tone: "bad",
      title: `The last backup of ${database.name} failed`,
      text: database.lastGoodBackupAt ? "An older good backup is there." : "There is no good backup of it.",
      link: { to: `/backups/${database.lastBackup.id}`, label: "See why" },
    });
  } else if (!database.lastGoodBackupAt && !isUnderWay(database.lastBackup?.status)) {
    found.push({
      key: `unprotected-${database.id}`,
      tone: "warn",
      title: `${database.name} has no backup`,
      text: "It can't be restored until it has one.",
      link: { ...link, label: "Back it up" },
    });
  }
  if (database.schedules === 0) {
    found.push({
      key: `unscheduled-${database.id}`,
      tone: "warn",
      title: `${database.name} has no schedule`,
      text: "It is backed up only when somebody thinks of it.",
      link: { to: `/schedules/new?databaseId=${database.id}`, label: "Add a schedule" },
    });
  }
  return found;
}

function isUnderWay(status: string | undefined): boolean {
  return status === "running" || status === "queued";
}

function ofBackup(backup: BackupView): Attention[] {
  const link = { to: `/backups/${backup.id}`, label: "Open" };
  const odd = backup.anomalies.filter((anomaly) => anomaly.acknowledgedAt === null);
  const damaged = backup.copies.find((copy) => copy.state === "damaged");
  const found: Attention[] = [];
  if (backup.damage || damaged) {
    found.push({
      key: `damage-${backup.id}`,
      tone: "bad",
      title: `A backup of ${backup.databaseName} ${backup.damage ? "is not good" : "has a damaged copy"}`,
      text: backup.damage ?? damaged?.error ?? "A verification found it altered.",
      link,
    });
  }
  if (odd.length > 0) {
    found.push({
      key: `odd-${backup.id}`,
      tone: "warn",
      title: `Something is odd about a backup of ${backup.databaseName}`,
      text: odd.map((anomaly) => anomaly.message).join(" "),
      link,
    });
  }
  return found;
}

function missingCopy(backup: BackupView): Attention[] {
  const failed = backup.copies.filter((copy) => copy.state === "failed");
  if (backup.status !== "completed" || failed.length === 0) return [];
  return [
    {
      key: `copy-${backup.id}`,
      tone: "warn",
      title: `A backup of ${backup.databaseName} lacks a copy`,
      text: failed[0]?.error ?? "One place could not be written to.",
      link: { to: `/backups/${backup.id}`, label: "Open" },
    },
  ];
}

function health(status: SystemStatus): Attention[] {
  const found: Attention[] = status.health.checks
    .filter((check) => !check.ok)
    .map((check) => ({
      key: `health-${check.name}`,
      tone: "bad" as const,
      title: `Not well: ${check.name}`,
      text: check.message,
      link: placeOf(check.name),
    }));
  const used = diskUse(status.localStorage);
  if (used !== null && isTight(used)) {
    found.push({
      key: "disk",
      tone: "warn",
      title: `The disk is ${Math.round(used * 100)} % full`,
      text: "Backups fail when it is full. Delete old ones or give it more space.",
      link: { to: "/backups?sort=-size", label: "Largest backups" },
    });
  }
  return found;
}

/** Where one looks into a part that is not well. */
function placeOf(check: string): Attention["link"] {
  if (check === "disk" || check.startsWith("s3:")) return { to: "/s3-configs", label: "Storage" };
  if (check === "retention") return { to: "/retention-policies", label: "Retention" };
  return { to: "/logs", label: "Read the log" };
}

/** Databases whose next good backup should have been there; not those that have had one since the server looked. */
function overdue(status: SystemStatus, databases: DatabaseView[]): Attention[] {
  return status.overdue.flatMap(({ databaseId, databaseName, limitSeconds, newestAt }) => {
    const database = databases.find((one) => one.id === databaseId);
    if (!database?.enabled || (database.lastGoodBackupAt ?? "") > (newestAt ?? "")) return [];
    return [
      {
        key: `overdue-${databaseId}`,
        tone: "bad" as const,
        title: `The backup of ${databaseName} is overdue`,
        text: `A good one is expected at least every ${formatDuration(limitSeconds * 1000)}. Look whether its schedule runs and why the last backups failed.`,
        link: { to: `/databases/${databaseId}`, label: "Open" },
      },
    ];
  });
}

/** Database containers around that nobody has added. */
function unprotected(status: SystemStatus): Attention[] {
  return status.unprotected.map(({ containerName, image }) => ({
    key: `container-${containerName}`,
    tone: "warn" as const,
    title: `${containerName} is not backed up`,
    text: `A database runs in this container (${image}), and none of it is added here.`,
    link: { to: "/databases/discover", label: "Look at it" },
  }));
}
