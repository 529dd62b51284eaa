import { Menu as Base } from "@base-ui/react/menu";
import { Check } from "lucide-react";
import type { ReactNode } from "react";

interface MenuCheckProps {
  checked: boolean;
  onChange: (checked: boolean) => void;
  children: ReactNode;
}

/** On or off in a menu, which stays open: several are chosen at once. */
export function MenuCheck({ checked, onChange, children }: MenuCheckProps) {
  return (
    <Base.CheckboxItem
      checked={checked}
      onCheckedChange={onChange}
      closeOnClick={false}
      className="flex items-center gap-2.5 px-3 py-1.5 text-ink -outline-offset-2 select-none data-highlighted:bg-sunken pointer-coarse:py-2.5"
    >
      <span className="flex size-4 items-center justify-center rounded-sm border border-line-input bg-surface">
        <Base.CheckboxItemIndicator>
          <Check className="size-3.5 text-accent" strokeWidth={3} aria-hidden />
        </Base.CheckboxItemIndicator>
      </span>
      {children}
    </Base.CheckboxItem>
  );
}
