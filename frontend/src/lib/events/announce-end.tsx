import { toast } from "sonner";
import type { ExecutionEvent } from "@/client";
import { shownExecution } from "./shown-execution";

/** Tells of a run that ended, unless its own page is open and shows it already. */
export function announceEnd(event: ExecutionEvent) {
  if (shownExecution() === event.id) return;
  const what = event.kind === "backup" ? "Backup" : "Restore";
  const href = event.kind === "backup" ? `/backups/${event.id}` : `/restores/${event.id}`;
  const action = { label: "View", onClick: () => openPath(href) };
  if (event.status === "completed") {
    toast.success(`${what} of ${event.databaseName} completed`, { action });
  } else if (event.status === "failed") {
    toast.error(`${what} of ${event.databaseName} failed`, {
      description: event.errorMessage ?? undefined,
      duration: 20_000,
      action,
    });
  } else if (event.status === "cancelled") {
    toast(`${what} of ${event.databaseName} was cancelled`, { action });
  }
}

let openPath = (path: string) => window.location.assign(path);

/** The router tells how to open a page without loading the application anew. */
export function setOpenPath(open: (path: string) => void) {
  openPath = open;
}
