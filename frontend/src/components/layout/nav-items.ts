import {
  Archive,
  Bell,
  CalendarClock,
  CloudCog,
  Database,
  History,
  House,
  KeyRound,
  type LucideIcon,
  ScrollText,
  Settings,
} from "lucide-react";
import type { FileRouteTypes } from "@/routeTree.gen";

export interface NavItem {
  to: FileRouteTypes["to"];
  label: string;
  icon: LucideIcon;
}

/** What is looked at every day; on a phone the bar at the bottom. */
export const DAILY_ITEMS: NavItem[] = [
  { to: "/", label: "Overview", icon: House },
  { to: "/databases", label: "Databases", icon: Database },
  { to: "/backups", label: "Backups", icon: Archive },
  { to: "/restores", label: "Restores", icon: History },
];

/** What is set up once; on a phone behind "More". */
export const SETUP_ITEMS: NavItem[] = [
  { to: "/schedules", label: "Schedules", icon: CalendarClock },
  { to: "/s3-configs", label: "Storage", icon: CloudCog },
  { to: "/encryption-keys", label: "Encryption", icon: KeyRound },
  { to: "/notifications", label: "Notifications", icon: Bell },
  { to: "/settings", label: "Settings", icon: Settings },
  { to: "/logs", label: "Logs", icon: ScrollText },
];
