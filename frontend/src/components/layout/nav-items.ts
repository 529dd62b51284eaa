import {
  Archive,
  Bell,
  CalendarClock,
  CloudCog,
  Database,
  FileClock,
  History,
  House,
  KeyRound,
  Layers,
  type LucideIcon,
  ScrollText,
  Settings,
  UserKey,
  Users,
} from "lucide-react";
import { type Permission, useMe } from "@/lib/access";
import type { FileRouteTypes } from "@/routeTree.gen";

export interface NavItem {
  to: FileRouteTypes["to"];
  label: string;
  icon: LucideIcon;
  /** Only for those who may do this. */
  permission?: Permission;
  /** Only where people sign in. */
  people?: boolean;
}

/** What is looked at every day; on a phone the bar at the bottom. */
export const DAILY_ITEMS: NavItem[] = [
  { to: "/", label: "Overview", icon: House },
  { to: "/databases", label: "Databases", icon: Database },
  { to: "/backups", label: "Backups", icon: Archive },
  { to: "/restores", label: "Restores", icon: History },
];

const SETUP_ITEMS: NavItem[] = [
  { to: "/schedules", label: "Schedules", icon: CalendarClock },
  { to: "/retention-policies", label: "Retention", icon: Layers },
  { to: "/s3-configs", label: "Storage", icon: CloudCog },
  { to: "/encryption-keys", label: "Encryption", icon: KeyRound },
  { to: "/notifications", label: "Notifications", icon: Bell, permission: "system.configure" },
  { to: "/users", label: "Users", icon: Users, permission: "system.configure" },
  { to: "/api-keys", label: "API keys", icon: UserKey, people: true },
  { to: "/audit", label: "Audit log", icon: FileClock, permission: "system.configure" },
  { to: "/settings", label: "Settings", icon: Settings, permission: "system.configure" },
  { to: "/logs", label: "Logs", icon: ScrollText, permission: "system.configure" },
];

/** What is set up once, of that what the user's role may go to; on a phone behind "More". */
export function useSetupItems(): NavItem[] {
  const me = useMe();
  return SETUP_ITEMS.filter(
    ({ permission, people }) =>
      (!permission || me?.permissions.includes(permission)) && (!people || Boolean(me?.userId)),
  );
}
