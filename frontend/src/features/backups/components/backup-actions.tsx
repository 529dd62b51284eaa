import { Link } from "@tanstack/react-router";
import { Ban, Download, Pin, PinOff, RotateCcw, Trash2 } from "lucide-react";
import { useState } from "react";
import type { BackupDetail } from "@/client";
import { Allowed } from "@/components/access/allowed";
import { isActive } from "@/components/run/run-state";
import { Button } from "@/components/ui/button";
import { buttonClass } from "@/components/ui/button-class";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { describeError } from "@/lib/api-error";
import { toast } from "@/lib/toast";
import { useCancelBackup, usePinBackup } from "../api";
import { DeleteBackup } from "./delete-backup";
import { downloadUrl } from "./download-url";

interface BackupActionsProps {
  backup: BackupDetail;
  onDeleted: () => void;
}

export function BackupActions({ backup, onDeleted }: BackupActionsProps) {
  const [asking, setAsking] = useState<"cancel" | "delete" | null>(null);
  const cancel = useCancelBackup(backup.id);
  const pin = usePinBackup(backup.id);
  const failed = (what: string) => (error: unknown) =>
    toast.error(what, { description: describeError(error) });

  if (isActive(backup.status)) {
    return (
      <Allowed to="backup.execute">
        <Button busy={cancel.isPending} onClick={() => setAsking("cancel")}>
          <Ban aria-hidden />
          Cancel the backup
        </Button>
        <ConfirmDialog
          open={asking === "cancel"}
          onOpenChange={(open) => setAsking(open ? "cancel" : null)}
          title="Cancel this backup?"
          confirmLabel="Cancel the backup"
          cancelLabel="Let it run"
          danger
          busy={cancel.isPending}
          onConfirm={() =>
            cancel.mutate(undefined, {
              onSuccess: () => setAsking(null),
              onError: failed("The backup was not cancelled"),
            })
          }
        >
          <p>The dump stops, and what was written so far is removed. The database is not touched.</p>
        </ConfirmDialog>
      </Allowed>
    );
  }

  const whole = backup.status === "completed";
  return (
    <>
      {whole ? (
        <>
          <Allowed to="restore.execute">
            <Link
              to="/restore/new"
              search={{ backup: backup.id }}
              className={buttonClass({ variant: "primary" })}
            >
              <RotateCcw aria-hidden />
              Restore
            </Link>
          </Allowed>
          <Allowed to="backup.download">
            <a href={downloadUrl(backup.id)} download className={buttonClass()}>
              <Download aria-hidden />
              Download
            </a>
          </Allowed>
          <Allowed to="backup.execute">
            <Button
              aria-pressed={backup.pinned}
              busy={pin.isPending}
              onClick={() => pin.mutate(!backup.pinned, { onError: failed("The pin could not be changed") })}
            >
              {backup.pinned ? <PinOff aria-hidden /> : <Pin aria-hidden />}
              {backup.pinned ? "Unpin" : "Pin"}
            </Button>
          </Allowed>
        </>
      ) : null}
      <Allowed to="backup.delete">
        <Button variant="ghost" onClick={() => setAsking("delete")}>
          <Trash2 aria-hidden />
          Delete
        </Button>
      </Allowed>
      <DeleteBackup
        backup={backup}
        open={asking === "delete"}
        onOpenChange={(open) => setAsking(open ? "delete" : null)}
        onDeleted={onDeleted}
      />
    </>
  );
}
