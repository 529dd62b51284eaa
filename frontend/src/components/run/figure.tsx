import type { ReactNode } from "react";

/** One number and what it counts. */
export function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="caption">{name}</dt>
      <dd className="truncate text-md font-semibold">{children}</dd>
    </div>
  );
}
