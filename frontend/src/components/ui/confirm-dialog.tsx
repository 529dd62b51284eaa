import type { ReactNode } from "react";
import { lazySoon } from "@/lib/lazy-soon";
import { WhenOpened } from "./when-opened";

const ConfirmPopup = lazySoon(() => import("./confirm-popup"));

export interface ConfirmDialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  children: ReactNode;
  confirmLabel: string;
  cancelLabel?: string;
  danger?: boolean;
  busy?: boolean;
  disabled?: boolean;
  onConfirm: () => void;
}

/** Asks before something that can't be taken back. The focus starts on the harmless answer. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  return (
    <WhenOpened open={props.open}>
      <ConfirmPopup {...props} />
    </WhenOpened>
  );
}
