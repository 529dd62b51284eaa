import { Link } from "@tanstack/react-router";
import { Bell } from "lucide-react";
import { buttonClass } from "@/components/ui/button-class";
import { BrandMark } from "./brand";
import { ThemeToggle } from "./theme-toggle";

/** The phone's header. */
export function TopBar() {
  return (
    <header className="flex h-13 items-center justify-between border-b bg-sunken px-4 md:hidden">
      <Link to="/" className="flex items-center gap-2 font-bold">
        <BrandMark />
        DB Backup <span className="-ml-1 text-ink-faint">&amp; Restore</span>
      </Link>
      <div className="flex items-center gap-2">
        <Link
          to="/notifications"
          aria-label="Notifications"
          className={buttonClass({ variant: "ghost", size: "icon" })}
        >
          <Bell aria-hidden />
        </Link>
        <ThemeToggle />
      </div>
    </header>
  );
}
