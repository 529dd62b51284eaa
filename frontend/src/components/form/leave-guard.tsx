import { useBlocker } from "@tanstack/react-router";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";

interface LeaveGuardProps {
  /** Whether something would be lost now; asked when somebody is about to leave. */
  wouldLose: () => boolean;
}

/** Asks before a form that was changed and not saved is left: within the page, and by the browser's own ways. */
export function LeaveGuard({ wouldLose }: LeaveGuardProps) {
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: wouldLose,
    enableBeforeUnload: wouldLose,
    withResolver: true,
  });
  return (
    <ConfirmDialog
      open={status === "blocked"}
      onOpenChange={(open) => {
        if (!open) reset?.();
      }}
      title="Leave without saving?"
      confirmLabel="Leave"
      cancelLabel="Stay here"
      danger
      onConfirm={() => proceed?.()}
    >
      <p>What you changed here is not saved, and would be lost.</p>
    </ConfirmDialog>
  );
}
