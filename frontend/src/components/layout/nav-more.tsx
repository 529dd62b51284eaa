import { Link } from "@tanstack/react-router";
import { Ellipsis } from "lucide-react";
import { Menu, MenuItem } from "@/components/ui/menu";
import { useSetupItems } from "./nav-items";

/** The rest of the navigation on a phone. */
export function NavMore() {
  const items = useSetupItems();
  return (
    <Menu
      trigger={
        <button
          type="button"
          className="flex h-14 w-full flex-col items-center justify-center gap-0.5 text-xs font-semibold text-ink-soft"
        >
          <Ellipsis className="size-5" aria-hidden />
          More
        </button>
      }
    >
      {items.map((item) => (
        <MenuItem key={item.to} icon={<item.icon aria-hidden />} render={<Link to={item.to} />}>
          {item.label}
        </MenuItem>
      ))}
    </Menu>
  );
}
