import { Ban } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import type { RestoreDetail } from "@/client";
import { Allowed } from "@/components/access/allowed";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { describeError } from "@/lib/api-error";
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
        {MODES[modeOf(restore.options)].creates ? (
          <p>
            The half-filled database <Target restore={restore} /> is removed. Nothing else is touched.
          </p>
        ) : (
          <p>
            The rows go into <Target restore={restore} /> all at once at the end: it stays as it was before.
          </p>
        )}
      </ConfirmDialog>
    </Allowed>
  );
}

function Target({ restore }: { restore: RestoreDetail }) {
  return <strong className="font-semibold text-ink">{restore.targetDatabase}</strong>;
}
