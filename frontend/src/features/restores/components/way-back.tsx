import { Link } from "@tanstack/react-router";
import type { RestoreDetail } from "@/client";
import { Notice } from "@/components/ui/notice";
import { Time } from "@/components/ui/time";
import { ReleaseRestore } from "./release-restore";
import { UndoRestore } from "./undo-restore";

/** What a restore keeps so that it can be taken back, and the two things to do with it. */
export function WayBack({ restore }: { restore: RestoreDetail }) {
  const kept = restore.keptDatabase;
  const until = restore.keptUntil ? (
    <>
      {" "}
      It is let go <Time value={restore.keptUntil} />.
    </>
  ) : null;
  if (restore.undoState === "available") {
    return (
      <Notice
        title="This restore can be undone"
        actions={
          <>
            <UndoRestore restore={restore} />
            <ReleaseRestore restore={restore} />
          </>
        }
      >
        {kept ? (
          <>
            The old database is beside as <Name>{kept}</Name>.
          </>
        ) : (
          <>
            What was there before is in the <SafetyBackup restore={restore} />.
          </>
        )}
        {until}
      </Notice>
    );
  }
  if (restore.undoState === "undone") {
    return (
      <Notice
        tone="warn"
        title="This restore was undone"
        actions={kept ? <ReleaseRestore restore={restore} /> : null}
      >
        {restore.targetDatabase} is what it was before.{" "}
        {kept ? (
          <>
            What had been restored is beside as <Name>{kept}</Name>.{until}
          </>
        ) : null}{" "}
        {restore.undoneById ? <RunLink id={restore.undoneById}>The run that undid it</RunLink> : null}
      </Notice>
    );
  }
  if (restore.undoState === "releasing") {
    return <Notice>What was kept for undoing this restore is being dropped.</Notice>;
  }
  if (restore.undoneById) {
    return (
      <Notice tone="warn" title={`${restore.targetDatabase} is put back as it was`}>
        <RunLink id={restore.undoneById}>See how far that is</RunLink>. It is tried until it works, also after
        a restart.
      </Notice>
    );
  }
  return null;
}

function Name({ children }: { children: string }) {
  return <strong className="break-all font-mono font-semibold text-ink">{children}</strong>;
}

function SafetyBackup({ restore }: { restore: RestoreDetail }) {
  if (!restore.safetyBackupId) return <>safety backup</>;
  return (
    <Link to="/backups/$id" params={{ id: restore.safetyBackupId }} className="rounded-sm underline">
      safety backup
    </Link>
  );
}

function RunLink({ id, children }: { id: string; children: string }) {
  return (
    <Link to="/restores/$id" params={{ id }} className="rounded-sm underline">
      {children}
    </Link>
  );
}
