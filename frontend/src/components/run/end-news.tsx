import { useRef } from "react";
import { isActive } from "./run-state";

interface EndNewsProps {
  /** "Backup of shop". */
  what: string;
  status: string;
  /** Why it failed, and what to do. */
  error?: string | null;
}

/** Tells a screen reader once that the run it watched is over, and how it went. Whoever comes later reads it on the page. */
export function EndNews({ what, status, error }: EndNewsProps) {
  const watched = useRef(false);
  if (isActive(status)) watched.current = true;
  const over = watched.current && !isActive(status);
  return (
    <p role="status" className="sr-only">
      {over ? `${what} ${status === "cancelled" ? "was cancelled" : status}.` : ""}
      {over && status === "failed" && error ? ` ${error}` : ""}
    </p>
  );
}
