import { useState } from "react";
import type { DatabaseView } from "@/client";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { RadioCards } from "@/components/ui/radio-cards";
import { describeError } from "@/lib/api-error";
import { toast } from "@/lib/toast";
import { useDeleteDatabase } from "../api";

interface DeleteDatabaseProps {
  database: DatabaseView;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  onDeleted?: () => void;
}

export function DeleteDatabase({ database, open, onOpenChange, onDeleted }: DeleteDatabaseProps) {
  // The harmless choice first: the API's own default deletes the backups too.
  const [backups, setBackups] = useState<"keep" | "delete">("keep");
  const remove = useDeleteDatabase();

  const confirm = () =>
    remove.mutate(
      { id: database.id, backups },
      {
        onSuccess: () => {
          onOpenChange(false);
          toast.success(`${database.name} is no longer configured here`);
          onDeleted?.();
        },
        onError: (error) => toast.error("Nothing was deleted", { description: describeError(error) }),
      },
    );

  return (
    <ConfirmDialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Delete ${database.name} from this page?`}
      confirmLabel={backups === "delete" ? "Delete with its backups" : "Delete"}
      danger
      busy={remove.isPending}
      onConfirm={confirm}
    >
      <p>The database itself is not touched. It will not be backed up any more.</p>
      <RadioCards
        label="Its backups"
        value={backups}
        onChange={setBackups}
        options={[
          { value: "keep", label: "Keep its backups", hint: "They stay in the list and can be restored." },
          {
            value: "delete",
            label: "Delete its backups too",
            hint: "On disk and in S3. This can't be undone.",
            tone: "danger",
          },
        ]}
      />
    </ConfirmDialog>
  );
}
