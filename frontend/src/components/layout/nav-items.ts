import {
  Archive,
  CloudCog,
  Database,
  History,
  House,
  KeyRound,
  type LucideIcon,
  ScrollText,
  UserKey,
  Users,
} from "lucide-react";
import { type Permission, useMe } from "@/lib/access";

export interface NavItem {
  to:
    | "/"
    | "/databases"
    | "/backups"
    | "/restores"
    | "/s3-configs"
    | "/encryption-keys"
    | "/users"
    | "/api-keys"
    | "/audit";
  label: string;
  icon: LucideIcon;
  /** Too seldom needed for the phone's bar: another page leads there. */
  deskOnly?: boolean;
  /** Only for those who may do this. */
  permission?: Permission;
  /** Only where people sign in. */
  people?: boolean;
}

const NAV_ITEMS: NavItem[] = [
  { to: "/", label: "Overview", icon: House },
  { to: "/databases", label: "Databases", icon: Database },
  { to: "/backups", label: "Backups", icon: Archive },
  { to: "/restores", label: "Restores", icon: History },
  { to: "/s3-configs", label: "Storage", icon: CloudCog },
  { to: "/encryption-keys", label: "Encryption", icon: KeyRound, deskOnly: true },
  { to: "/users", label: "Users", icon: Users, deskOnly: true, permission: "system.configure" },
  { to: "/api-keys", label: "API keys", icon: UserKey, deskOnly: true, people: true },
  { to: "/audit", label: "Audit log", icon: ScrollText, deskOnly: true, permission: "system.configure" },
];

/** What the user's role may go to. */
export function useNavItems(): NavItem[] {
  const me = useMe();
  return NAV_ITEMS.filter(
    ({ permission, people }) =>
      (!permission || me?.permissions.includes(permission)) && (!people || Boolean(me?.userId)),
  );
}
