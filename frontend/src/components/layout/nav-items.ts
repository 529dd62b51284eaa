import { Archive, CloudCog, Database, History, House, type LucideIcon } from "lucide-react";

export interface NavItem {
  to: "/" | "/databases" | "/backups" | "/restores" | "/s3-configs";
  label: string;
  icon: LucideIcon;
}

export const NAV_ITEMS: NavItem[] = [
  { to: "/", label: "Overview", icon: House },
  { to: "/databases", label: "Databases", icon: Database },
  { to: "/backups", label: "Backups", icon: Archive },
  { to: "/restores", label: "Restores", icon: History },
  { to: "/s3-configs", label: "Storage", icon: CloudCog },
];
