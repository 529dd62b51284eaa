import type { S3ConfigView } from "@/client";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { describeError } from "@/lib/api-error";
import { toast } from "@/lib/toast";
import { useDeleteS3Config } from "../api";

interface DeleteS3ConfigProps {
  config: S3ConfigView;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

export function DeleteS3Config({ config, open, onOpenChange }: DeleteS3ConfigProps) {
  const remove = useDeleteS3Config(config.id);
  return (
    <ConfirmDialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Delete ${config.name}?`}
      confirmLabel="Delete"
      danger
      busy={remove.isPending}
      onConfirm={() =>
        remove.mutate(undefined, {
          onSuccess: () => {
            onOpenChange(false);
            toast.success(`${config.name} is no longer configured here`);
          },
          onError: (error) =>
            toast.error(`${config.name} was not deleted`, { description: describeError(error) }),
        })
      }
    >
      <p>This page forgets the bucket and its keys. The bucket and what is in it stay as they are.</p>
      {config.copies > 0 ? (
        <p>
          {config.copies} {config.copies === 1 ? "copy lies" : "copies lie"} there, so this will be refused:
          delete those backups first, or disable the storage instead.
        </p>
      ) : null}
    </ConfirmDialog>
  );
}
