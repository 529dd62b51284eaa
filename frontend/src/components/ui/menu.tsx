import {
  type ComponentProps,
  cloneElement,
  type ReactElement,
  type ReactNode,
  Suspense,
  use,
  useState,
} from "react";
import { cn } from "@/lib/cn";
import { lazySoon } from "@/lib/lazy-soon";
import { MenuParts } from "./menu-parts";
import { opensMenu } from "./opens-menu";

const MenuPopup = lazySoon(() => import("./menu-popup"));

interface MenuProps {
  trigger: ReactElement<ComponentProps<"button">>;
  /** Open from the start, for a menu that is only made when it is wanted. */
  defaultOpen?: boolean;
  children: ReactNode;
}

/** A button until it is opened for the first time: what places a menu on the screen comes after the first paint. */
export function Menu({ trigger, defaultOpen = false, children }: MenuProps) {
  const [wanted, setWanted] = useState(defaultOpen);
  const closed = cloneElement(
    trigger,
    opensMenu(() => setWanted(true)),
  );
  if (!wanted) return closed;
  return (
    <Suspense fallback={closed}>
      <MenuPopup trigger={trigger}>{children}</MenuPopup>
    </Suspense>
  );
}

interface MenuItemProps {
  icon?: ReactNode;
  danger?: boolean;
  disabled?: boolean;
  /** A link or another element to be the item. */
  render?: ReactElement;
  onSelect?: () => void;
  children: ReactNode;
}

export function MenuItem({ icon, danger, disabled, render, onSelect, children }: MenuItemProps) {
  const parts = use(MenuParts);
  if (!parts) return null;
  return (
    <parts.Item
      disabled={disabled}
      render={render}
      onClick={onSelect}
      className={cn(
        "flex items-center gap-2.5 px-3 py-1.5 -outline-offset-2 select-none data-disabled:opacity-50 data-highlighted:bg-sunken pointer-coarse:py-2.5 [&_svg]:size-4",
        danger ? "text-bad" : "text-ink",
      )}
    >
      {icon}
      {children}
    </parts.Item>
  );
}
