/** Whether a run is still under way. */
export function isActive(status: string): boolean {
  return status === "queued" || status === "running";
}

const TYPES: Record<string, string> = {
  hourly: "Hourly",
  daily: "Daily",
  weekly: "Weekly",
  monthly: "Monthly",
  custom: "Scheduled",
  manual: "Manual",
  safety: "Safety",
};

/** The kind of a backup, for people. */
export function typeLabel(type: string): string {
  return TYPES[type] ?? type;
}

export const BACKUP_TYPES = Object.entries(TYPES).map(([value, label]) => ({ value, label }));
export const RUN_STATUSES = ["queued", "running", "completed", "failed", "cancelled"];
