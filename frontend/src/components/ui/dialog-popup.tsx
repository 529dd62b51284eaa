import { Dialog as Base } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import { cn } from "@/lib/cn";
import { buttonClass } from "./button-class";
import type { DialogProps } from "./dialog";

/** The dialog itself, loaded after the first paint: see Dialog. */
export default function DialogPopup({ open, onOpenChange, title, description, wide, children }: DialogProps) {
  return (
    <Base.Root open={open} onOpenChange={onOpenChange}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-[oklch(0.15_0.02_220/0.5)] transition-opacity duration-150 data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <Base.Popup
          className={cn(
            "fixed z-50 flex max-h-[calc(100dvh-2rem)] flex-col bg-surface shadow-float outline-none transition-[translate,opacity] duration-150",
            "inset-x-0 bottom-0 rounded-t-lg border-t border-line pb-[env(safe-area-inset-bottom)] data-ending-style:translate-y-4 data-starting-style:translate-y-4 data-ending-style:opacity-0 data-starting-style:opacity-0",
            "sm:inset-auto sm:top-[8vh] sm:left-1/2 sm:max-h-[84vh] sm:w-[calc(100vw-3rem)] sm:-translate-x-1/2 sm:rounded-lg sm:border sm:pb-0",
            wide ? "sm:max-w-3xl" : "sm:max-w-xl",
          )}
        >
          <header className="flex items-start gap-4 border-b px-5 py-3.5">
            <div className="min-w-0 flex-1">
              <Base.Title className="text-md font-bold">{title}</Base.Title>
              {description ? (
                <Base.Description className="mt-0.5 text-sm text-ink-soft">{description}</Base.Description>
              ) : null}
            </div>
            <Base.Close
              aria-label="Close"
              className={buttonClass({ variant: "ghost", size: "icon" }, "-mr-2 -mt-0.5")}
            >
              <X aria-hidden />
            </Base.Close>
          </header>
          <div className="min-h-0 overflow-y-auto px-5 py-4">{children}</div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
