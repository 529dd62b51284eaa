import { type ReactNode, Suspense, useState } from "react";

interface WhenOpenedProps {
  open: boolean;
  children: ReactNode;
}

/** Makes its children when they are opened first, and keeps them from then on, so that they can close smoothly. */
export function WhenOpened({ open, children }: WhenOpenedProps) {
  const [wanted, setWanted] = useState(open);
  if (open && !wanted) setWanted(true);
  return wanted ? <Suspense>{children}</Suspense> : null;
}
