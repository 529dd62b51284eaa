import type { NotificationChannelView } from "@/client";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { describeError } from "@/lib/api-error";
import { toast } from "@/lib/toast";
import { useDeleteChannel } from "../api";

interface DeleteChannelProps {
  channel: NotificationChannelView;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

export function DeleteChannel({ channel, open, onOpenChange }: DeleteChannelProps) {
  const remove = useDeleteChannel(channel.id);
  return (
    <ConfirmDialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Delete ${channel.name}?`}
      confirmLabel="Delete"
      danger
      busy={remove.isPending}
      onConfirm={() =>
        remove.mutate(undefined, {
          onSuccess: () => {
            onOpenChange(false);
            toast.success(`${channel.name} is deleted`);
          },
          onError: (error) =>
            toast.error(`${channel.name} was not deleted`, { description: describeError(error) }),
        })
      }
    >
      <p>
        Nobody is told there any more. Its messages leave the list below, those that still wait are not sent.
      </p>
    </ConfirmDialog>
  );
}
