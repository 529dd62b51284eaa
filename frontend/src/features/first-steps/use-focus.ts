import { useEffect, useRef } from "react";

/** Gives an element the focus once the condition comes true: what had it before is gone by then. */
export function useFocusWhen<Found extends HTMLElement>(condition: boolean) {
  const element = useRef<Found>(null);
  const before = useRef(condition);
  useEffect(() => {
    if (condition && !before.current) element.current?.focus({ preventScroll: true });
    before.current = condition;
  }, [condition]);
  return element;
}
