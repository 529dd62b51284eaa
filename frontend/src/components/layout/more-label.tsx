import { Ellipsis } from "lucide-react";

/** What the last place of the phone's bar looks like, before its menu is there and after. */
export function MoreLabel() {
  return (
    <span className="flex h-14 w-full flex-col items-center justify-center gap-0.5 text-xs font-semibold text-ink-soft">
      <Ellipsis className="size-5" aria-hidden />
      More
    </span>
  );
}
