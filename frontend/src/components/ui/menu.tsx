import { Menu as Base } from "@base-ui/react/menu";
import type { ReactElement, ReactNode } from "react";
import { cn } from "@/lib/cn";

interface MenuProps {
  trigger: ReactElement;
  /** Open from the start, for a menu that is only made when it is wanted. */
  defaultOpen?: boolean;
  children: ReactNode;
}

export function Menu({ trigger, defaultOpen, children }: MenuProps) {
  return (
    <Base.Root defaultOpen={defaultOpen}>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner align="end" sideOffset={4} className="z-50 outline-none">
          <Base.Popup className="min-w-44 rounded-md border border-line-strong bg-surface py-1 shadow-float outline-none">
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
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
  return (
    <Base.Item
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
    </Base.Item>
  );
}
