import type { ReactNode } from "react";
import { lazySoon } from "@/lib/lazy-soon";
import { WhenOpened } from "./when-opened";

const DialogPopup = lazySoon(() => import("./dialog-popup"));

export interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  wide?: boolean;
  children: ReactNode;
}

/** Focus goes in, stays in, and returns to where it was. On the phone it is a sheet from below. */
export function Dialog(props: DialogProps) {
  return (
    <WhenOpened open={props.open}>
      <DialogPopup {...props} />
    </WhenOpened>
  );
}
