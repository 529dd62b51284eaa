import type { EncryptionKeyView } from "@/client";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { describeError } from "@/lib/api-error";
import { toast } from "@/lib/toast";
import { useDeleteKey, useRetireKey } from "../api";

interface EndKeyProps {
  encryptionKey: EncryptionKeyView;
  open: boolean;
  onClose: () => void;
}

export function RetireKey({ encryptionKey: key, open, onClose }: EndKeyProps) {
  const retire = useRetireKey();
  return (
    <ConfirmDialog
      open={open}
      onOpenChange={onClose}
      title={`Retire ${key.name}?`}
      confirmLabel="Retire it"
      danger={!key.recovery}
      busy={retire.isPending}
      onConfirm={() =>
        retire.mutate(key.id, {
          onSuccess: onClose,
          onError: (error) =>
            toast.error(`${key.name} is still active`, { description: describeError(error) }),
        })
      }
    >
      {key.recovery ? (
        <p>New backups are no longer encrypted to it, too. Those that are stay so.</p>
      ) : (
        <p>
          Without any active key <strong>new backups are not encrypted</strong>. To change the key, make
          another one active instead. Old backups stay encrypted, and this key still opens them.
        </p>
      )}
    </ConfirmDialog>
  );
}

export function DeleteKey({ encryptionKey: key, open, onClose }: EndKeyProps) {
  const remove = useDeleteKey();
  return (
    <ConfirmDialog
      open={open}
      onOpenChange={onClose}
      title={`Delete ${key.name}?`}
      confirmLabel="Delete"
      danger
      busy={remove.isPending}
      onConfirm={() =>
        remove.mutate(key.id, {
          onSuccess: onClose,
          onError: (error) =>
            toast.error(`${key.name} was not deleted`, { description: describeError(error) }),
        })
      }
    >
      <p>
        This cannot be undone. Files you copied elsewhere by hand will open only with the downloaded key file.
      </p>
      {key.backups > 0 ? (
        <p>Backups are encrypted to it, so this will be refused: delete those first.</p>
      ) : null}
    </ConfirmDialog>
  );
}
