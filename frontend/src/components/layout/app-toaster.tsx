import { Toaster } from "sonner";
import { useTheme } from "@/lib/theme";

export default function AppToaster() {
  const { resolved } = useTheme();
  return (
    <Toaster
      theme={resolved}
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
