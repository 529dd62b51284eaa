import { Link } from "@tanstack/react-router";
import { AccountLink } from "./account-link";
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
      <span className="flex items-center gap-1">
        <ThemeToggle />
        <AccountLink header narrow={false} />
      </span>
    </header>
  );
}
