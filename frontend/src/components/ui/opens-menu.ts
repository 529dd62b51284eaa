import type { KeyboardEvent } from "react";

/** What makes a button one that opens a menu which is not there yet. */
export function opensMenu(open: () => void) {
  return {
    "aria-haspopup": "menu",
    "aria-expanded": false,
    onClick: open,
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key !== "ArrowDown") return;
      event.preventDefault();
      open();
    },
  } as const;
}
