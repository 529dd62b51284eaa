import { Eye, ShieldUser, Wrench } from "lucide-react";
import { Badge } from "@/components/ui/badge";
import { ROLES, type Role } from "@/lib/access";

const ICONS = { admin: ShieldUser, operator: Wrench, viewer: Eye };

export function RoleBadge({ role }: { role: Role }) {
  return (
    <Badge tone={role === "admin" ? "accent" : "neutral"} icon={ICONS[role]}>
      {ROLES.find((one) => one.value === role)?.label}
    </Badge>
  );
}
