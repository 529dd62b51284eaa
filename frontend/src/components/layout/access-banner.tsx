import { LockOpen } from "lucide-react";
import { useMe } from "@/lib/access";

/** Without sign-in everyone who reaches the page can restore over a database: said on every page. */
export function AccessBanner() {
  if (useMe()?.via !== "none") return null;
  return (
    <aside
      aria-label="Access"
      className="flex items-start gap-2 border-b border-warn/30 bg-warn-soft px-4 py-1.5 text-sm md:px-8"
    >
      <LockOpen className="mt-0.5 size-3.5 shrink-0 text-warn" aria-hidden />
      <p>
        <strong className="font-semibold text-warn">No sign-in.</strong> Everyone who can open this page can
        read, restore and delete these databases&rsquo; backups.
      </p>
    </aside>
  );
}
