import type { ReactNode } from "react";
import { type Permission, useMay } from "@/lib/access";

interface AllowedProps {
  to: Permission;
  children: ReactNode;
}

/** Shows what it holds only to those whose role may do it. */
export function Allowed({ to, children }: AllowedProps) {
  return useMay(to) ? children : null;
}
