import { Ban } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import type { RestoreDetail } from "@/client";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { describeError } from "@/lib/api-error";
import { useCancelRestore } from "../api";

export function CancelRestore({ restore }: { restore: RestoreDetail }) {
  const [open, setOpen] = useState(false);
  const cancel = useCancelRestore(restore.id);
  return (
    <>
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
          The half-filled database{" "}
          <strong className="font-semibold text-ink">{restore.targetDatabase}</strong> is removed. Nothing
          else is touched.
        </p>
      </ConfirmDialog>
    </>
  );
}
