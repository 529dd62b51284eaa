import { Ban } from "lucide-react";
import { useState } from "react";
import type { RestoreDetail } from "@/client";
import { Allowed } from "@/components/access/allowed";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { describeError } from "@/lib/api-error";
import { toast } from "@/lib/toast";
import { useCancelRestore } from "../api";
import { MODES, modeOf } from "../mode";

export function CancelRestore({ restore }: { restore: RestoreDetail }) {
  const [open, setOpen] = useState(false);
  const cancel = useCancelRestore(restore.id);
  return (
    <Allowed to="restore.execute">
      <Button onClick={() => setOpen(true)}>
        <Ban aria-hidden />
        Cancel the restore
      </Button>
      <ConfirmDialog
        open={open}
        onOpenChange={setOpen}
        title="Cancel this restore?"
        confirmLabel="Cancel the restore"
        cancelLabel="Let it run"
        danger
        busy={cancel.isPending}
        onConfirm={() =>
          cancel.mutate(undefined, {
            onSuccess: () => setOpen(false),
            onError: (error) =>
              toast.error("The restore was not cancelled", { description: describeError(error) }),
          })
        }
      >
        <p>
          <WhatStays restore={restore} />
        </p>
      </ConfirmDialog>
    </Allowed>
  );
}

function WhatStays({ restore }: { restore: RestoreDetail }) {
  const { creates, destroys } = MODES[modeOf(restore.options)];
  const target = <strong className="font-semibold text-ink">{restore.targetDatabase}</strong>;
  if (restore.options.putBack) {
    return <>Then {target} stays as it is now, which may not be whole. Its safety backup is kept.</>;
  }
  if (creates) {
    return <>The half-filled database {target} is removed. Nothing else is touched.</>;
  }
  if (destroys) {
    return <>{target} stays as it was, or is put back as it was.</>;
  }
  return <>The rows go into {target} all at once at the end: it stays as it was before.</>;
}
