import type { ExecutionEvent } from "@/client";
import { toast } from "@/lib/toast";
import { shownExecution } from "./shown-execution";

/** Tells of a run that ended, unless its own page is open and shows it already. */
export function announceEnd(event: ExecutionEvent) {
  if (shownExecution() === event.id) return;
  const { what, path } = KINDS[event.kind] ?? { what: event.kind, path: null };
  // A verification has no page of its own: it is on its backup's.
  const action = path ? { label: "View", onClick: () => openPath(`${path}/${event.id}`) } : undefined;
  if (event.status === "completed") {
    toast.success(`${what} of ${event.databaseName} completed`, { action });
  } else if (event.status === "failed") {
    toast.error(`${what} of ${event.databaseName} failed`, {
      description: event.errorMessage ?? undefined,
      duration: 20_000,
      action,
    });
  } else if (event.status === "cancelled") {
    toast.message(`${what} of ${event.databaseName} was cancelled`, { action });
  }
}

const KINDS: Record<string, { what: string; path: string | null }> = {
  backup: { what: "Backup", path: "/backups" },
  restore: { what: "Restore", path: "/restores" },
  verify: { what: "Verification", path: null },
};

let openPath = (path: string) => window.location.assign(path);

/** The router tells how to open a page without loading the application anew. */
export function setOpenPath(open: (path: string) => void) {
  openPath = open;
}
