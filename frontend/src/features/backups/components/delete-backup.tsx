import type { BackupView } from "@/client";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { describeError } from "@/lib/api-error";
import { formatBytes, formatDateTime } from "@/lib/format";
import { toast } from "@/lib/toast";
import { useDeleteBackup } from "../api";
import { copyName } from "./copies-line";

interface DeleteBackupProps {
  backup: BackupView;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  onDeleted?: () => void;
}

export function DeleteBackup({ backup, open, onOpenChange, onDeleted }: DeleteBackupProps) {
  const remove = useDeleteBackup(backup.id);
  const places = backup.copies.filter((copy) => copy.state === "complete").map(copyName);
  const confirm = () =>
    remove.mutate(undefined, {
      onSuccess: () => {
        onOpenChange(false);
        toast.success("The backup is deleted");
        onDeleted?.();
      },
      onError: (error) => toast.error("The backup was not deleted", { description: describeError(error) }),
    });

  return (
    <ConfirmDialog
      open={open}
      onOpenChange={onOpenChange}
      title="Delete this backup?"
      confirmLabel="Delete the backup"
      cancelLabel="Keep it"
      danger
      disabled={backup.pinned}
      busy={remove.isPending}
      onConfirm={confirm}
    >
      <p>
        {backup.databaseName}, {formatDateTime(backup.createdAt)}
        {backup.size ? `, ${formatBytes(backup.size)}` : ""}
        {places.length > 0 ? `, stored in: ${places.join(", ")}` : ""}.
      </p>
      {backup.pinned ? (
        <p className="font-semibold text-ink">It is pinned. Unpin it first.</p>
      ) : (
        <p>Every copy is deleted, on disk and in S3. This can&rsquo;t be undone.</p>
      )}
    </ConfirmDialog>
  );
}
