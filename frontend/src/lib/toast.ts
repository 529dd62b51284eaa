import type { ExternalToast } from "sonner";
import { loadAgain } from "@/lib/load-again";

/** A toast is never part of the first paint, so what draws it is loaded after that: see AppToaster. */
function later(kind: "message" | "success" | "warning" | "error") {
  return (title: string, options?: ExternalToast) => {
    void loadAgain(() => import("sonner")).then(({ toast }) => toast[kind](title, options));
  };
}

export const toast = {
  message: later("message"),
  success: later("success"),
  warning: later("warning"),
  error: later("error"),
};
