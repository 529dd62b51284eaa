import { Link } from "@tanstack/react-router";
import { CircleUser } from "lucide-react";
import { buttonClass } from "@/components/ui/button-class";
import { useMe } from "@/lib/access";
import { SideLabel } from "./side-label";

interface AccountLinkProps {
  /** In the sidebar with the name, in the phone's header only the icon. */
  narrow: boolean;
  header?: boolean;
}

/** Leads to one's own account, where one signs out. */
export function AccountLink({ narrow, header }: AccountLinkProps) {
  const me = useMe();
  if (!me) return null;
  const name = me.userId ? me.displayName || me.username : "Access";
  if (header) {
    return (
      <Link
        to="/account"
        aria-label={`Account: ${name}`}
        className={buttonClass({ variant: "ghost", size: "icon" })}
      >
        <CircleUser aria-hidden />
      </Link>
    );
  }
  return (
    <Link
      to="/account"
      className="group relative flex h-9 min-w-0 items-center gap-3 rounded-md border border-transparent px-2.5 font-semibold text-ink-soft hover:text-ink aria-[current=page]:border-line aria-[current=page]:bg-surface aria-[current=page]:text-ink"
    >
      <CircleUser className="size-4.5 shrink-0" aria-hidden />
      <SideLabel narrow={narrow}>
        <span className="block max-w-34 truncate">{name}</span>
      </SideLabel>
    </Link>
  );
}
