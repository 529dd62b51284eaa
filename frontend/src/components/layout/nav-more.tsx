import { Link } from "@tanstack/react-router";
import { Menu, MenuItem } from "@/components/ui/menu";
import { MoreLabel } from "./more-label";
import { useSetupItems } from "./nav-items";

/** The rest of the navigation on a phone. */
export default function NavMore() {
  const items = useSetupItems();
  return (
    <Menu
      trigger={
        <button type="button" className="w-full">
          <MoreLabel />
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
