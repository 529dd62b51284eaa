import { Ellipsis } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Button } from "./button";
import { opensMenu } from "./opens-menu";

interface LazyMenuProps {
  /** For screen readers: "More for shop". */
  label: string;
  /** The menu, which opens as soon as it is there. */
  children: ReactNode;
}

/** A row's menu that costs a button until it is opened: hundreds of rows have one, and few are used. */
export function LazyMenu({ label, children }: LazyMenuProps) {
  const [wanted, setWanted] = useState(false);
  if (wanted) return children;
  return (
    <Button variant="ghost" size="icon" aria-label={label} {...opensMenu(() => setWanted(true))}>
      <Ellipsis aria-hidden />
    </Button>
  );
}
