import { Menu as Base } from "@base-ui/react/menu";
import type { ReactElement, ReactNode } from "react";
import { MenuParts } from "./menu-parts";

interface MenuPopupProps {
  trigger: ReactElement;
  children: ReactNode;
}

/** The open menu, loaded after the first paint: see Menu. */
export default function MenuPopup({ trigger, children }: MenuPopupProps) {
  return (
    <Base.Root defaultOpen>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner align="end" sideOffset={4} className="z-50 outline-none">
          <Base.Popup className="min-w-44 rounded-md border border-line-strong bg-surface py-1 shadow-float outline-none">
            <MenuParts value={Base}>{children}</MenuParts>
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
