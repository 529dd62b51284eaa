import {
  Archive,
  CalendarClock,
  CloudCog,
  Database,
  History,
  House,
  KeyRound,
  type LucideIcon,
} from "lucide-react";

export interface NavItem {
  to:
    | "/"
    | "/databases"
    | "/backups"
    | "/restores"
    | "/retention-policies"
    | "/s3-configs"
    | "/encryption-keys";
  label: string;
  icon: LucideIcon;
  /** Too seldom needed for the phone's bar: another page leads there. */
  deskOnly?: boolean;
}

export const NAV_ITEMS: NavItem[] = [
  { to: "/", label: "Overview", icon: House },
  { to: "/databases", label: "Databases", icon: Database },
  { to: "/backups", label: "Backups", icon: Archive },
  { to: "/restores", label: "Restores", icon: History },
  { to: "/retention-policies", label: "Retention", icon: CalendarClock, deskOnly: true },
  { to: "/s3-configs", label: "Storage", icon: CloudCog },
  { to: "/encryption-keys", label: "Encryption", icon: KeyRound, deskOnly: true },
];
