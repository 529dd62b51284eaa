import { useNavigate } from "@tanstack/react-router";
import { Undo2 } from "lucide-react";
import { useState } from "react";
import type { RestoreDetail } from "@/client";
import { Button } from "@/components/ui/button";
import { Checkbox } from "@/components/ui/checkbox";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { describeError } from "@/lib/api-error";
import { toast } from "@/lib/toast";
import { useUndoRestore } from "../api";

export function UndoRestore({ restore }: { restore: RestoreDetail }) {
  const [open, setOpen] = useState(false);
  const [stop, setStop] = useState(false);
  const undo = useUndoRestore(restore.id);
  const navigate = useNavigate();
  const name = <strong className="font-semibold text-ink">{restore.targetDatabase}</strong>;
  return (
    <>
      <Button onClick={() => setOpen(true)}>
        <Undo2 aria-hidden />
        Undo
      </Button>
      <ConfirmDialog
        open={open}
        onOpenChange={setOpen}
        title="Undo this restore?"
        confirmLabel="Undo the restore"
        danger
        busy={undo.isPending}
        onConfirm={() =>
          undo.mutate(stop, {
            onSuccess: (run) => void navigate({ to: "/restores/$id", params: { id: run.id } }),
            onError: (error) =>
              toast.error("The restore was not undone", { description: describeError(error) }),
          })
        }
      >
        {restore.keptDatabase ? (
          <p>
            The old database becomes {name} again at once. What was restored, with all that was written since,
            is kept beside.
          </p>
        ) : (
          <p>
            The safety backup replaces {name}. What was written since the restore goes into another safety
            backup first.
          </p>
        )}
        <Checkbox checked={stop} onChange={setStop} label="End active connections" />
      </ConfirmDialog>
    </>
  );
}
