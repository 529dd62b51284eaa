import { Toaster } from "sonner";

export default function AppToaster({ theme }: { theme: "light" | "dark" }) {
  return (
    <Toaster
      theme={theme}
      position="bottom-right"
      closeButton
      duration={8000}
      mobileOffset={{ bottom: "4.5rem" }}
      toastOptions={{
        classNames: {
          toast: "!font-sans !rounded-md !border-line-strong !bg-surface !text-ink !shadow-float !text-base",
          description: "!text-ink-soft",
          success: "[&_[data-icon]]:!text-ok",
          error: "[&_[data-icon]]:!text-bad",
          actionButton: "!bg-accent !text-on-accent !rounded-sm",
          closeButton: "!bg-surface !border-line-strong !text-ink-soft",
        },
      }}
    />
  );
}
