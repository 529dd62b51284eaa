import { Trash2 } from "lucide-react";
import { useState } from "react";
import type { RestoreDetail } from "@/client";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { describeError } from "@/lib/api-error";
import { toast } from "@/lib/toast";
import { useReleaseRestore } from "../api";

/** Gives up the way back, and the space it takes. */
export function ReleaseRestore({ restore }: { restore: RestoreDetail }) {
  const [open, setOpen] = useState(false);
  const release = useReleaseRestore(restore.id);
  const kept = restore.keptDatabase;
  const undone = restore.undoState === "undone";
  const label = kept ? `Let the ${undone ? "restored" : "old"} database go` : "Let the safety backup go";
  return (
    <>
      <Button variant="ghost" onClick={() => setOpen(true)}>
        <Trash2 aria-hidden />
        {label}
      </Button>
      <ConfirmDialog
        open={open}
        onOpenChange={setOpen}
        title={`${label}?`}
        confirmLabel={kept ? "Drop it" : "Let it go"}
        cancelLabel="Keep it"
        danger
        busy={release.isPending}
        onConfirm={() =>
          release.mutate(undefined, {
            onSuccess: () => setOpen(false),
            onError: (error) => toast.error("It was not let go", { description: describeError(error) }),
          })
        }
      >
        {kept ? (
          <p>
            The database <strong className="break-all font-semibold text-ink">{kept}</strong> is dropped.{" "}
            {undone ? "" : "Then this restore cannot be undone any more."}
          </p>
        ) : (
          <p>The safety backup stays in the list, but retention may delete it from now on.</p>
        )}
      </ConfirmDialog>
    </>
  );
}
