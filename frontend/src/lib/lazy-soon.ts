import { type ComponentType, lazy } from "react";
import { loadAgain } from "./load-again";

/**
 * Return a component that is not part of the first load but comes right after it, when the browser is idle:
 * it is there before it is wanted, also when the server is gone by then.
 */
export function lazySoon<Props>(load: () => Promise<{ default: ComponentType<Props> }>) {
  const soon = () => void loadAgain(load).catch(() => undefined);
  if ("requestIdleCallback" in window) window.requestIdleCallback(soon, { timeout: 4000 });
  else setTimeout(soon, 1000);
  return lazy(() => loadAgain(load));
}
