import type { ReactNode } from "react";
import { PageHeader } from "@/components/layout/page-header";
import { Notice } from "@/components/ui/notice";
import { type Permission, ROLES, useMay, useMe } from "@/lib/access";

interface GateProps {
  to: Permission;
  /** The page's name. */
  title: string;
  children: ReactNode;
}

/** A whole page for those whose role may use it; the others are told why they see nothing. */
export function Gate({ to, title, children }: GateProps) {
  const may = useMay(to);
  const role = useMe()?.role;
  if (may || !role) return children;
  const name = ROLES.find((one) => one.value === role)?.label.toLowerCase();
  return (
    <>
      <PageHeader title={title} />
      <Notice title={`Not for the role ${name}`}>
        This needs the permission <code className="font-mono text-sm">{to}</code>. An administrator can give
        you another role.
      </Notice>
    </>
  );
}
