import { Link } from "@tanstack/react-router";
import { PanelLeftClose, PanelLeftOpen, RotateCcw } from "lucide-react";
import { useState } from "react";
import { Allowed } from "@/components/access/allowed";
import { buttonClass } from "@/components/ui/button-class";
import { cn } from "@/lib/cn";
import { AccountLink } from "./account-link";
import { BrandMark } from "./brand";
import { DAILY_ITEMS, useSetupItems } from "./nav-items";
import { NavList } from "./nav-list";
import { SideLabel } from "./side-label";
import { readNarrow, writeNarrow } from "./sidebar-choice";
import { ThemeToggle } from "./theme-toggle";
import { VersionLine } from "./version-line";

export function Sidebar() {
  const [narrow, setNarrow] = useState(readNarrow);
  const setup = useSetupItems();
  const toggle = () => {
    writeNarrow(!narrow);
    setNarrow(!narrow);
  };

  return (
    <aside
      aria-label="Sidebar"
      className={cn(
        "sticky top-0 hidden h-dvh shrink-0 flex-col border-r bg-sunken md:flex",
        narrow ? "w-16 items-center px-2" : "w-58 px-3",
      )}
    >
      <Link to="/" className={cn("flex h-16 items-center gap-2.5 rounded-md", narrow ? "" : "px-2")}>
        <BrandMark />
        <span className={narrow ? "sr-only" : "leading-4.5 font-bold"}>
          DB Backup
          <span className="block text-ink-faint">&amp; Restore</span>
        </span>
      </Link>
      <nav aria-label="Main" className="mt-1 min-h-0 w-full flex-1 overflow-x-clip overflow-y-auto">
        <NavList items={DAILY_ITEMS} narrow={narrow} />
        <Allowed to="restore.execute">
          <Link to="/restore/new" className={buttonClass({}, "group relative mt-4 w-full")}>
            <RotateCcw aria-hidden />
            <SideLabel narrow={narrow}>Restore a database</SideLabel>
          </Link>
        </Allowed>
        <div className="mt-4 border-t pt-4">
          <NavList items={setup} narrow={narrow} />
        </div>
      </nav>
      <div className={cn("mt-auto flex w-full flex-col gap-2 py-3", narrow && "items-center")}>
        <AccountLink narrow={narrow} />
        <VersionLine narrow={narrow} />
        <div className={cn("flex items-center justify-between", narrow && "flex-col gap-2")}>
          <ThemeToggle vertical={narrow} />
          <button
            type="button"
            aria-label={narrow ? "Widen the sidebar" : "Narrow the sidebar"}
            title={narrow ? "Widen the sidebar" : "Narrow the sidebar"}
            aria-expanded={!narrow}
            onClick={toggle}
            className={buttonClass({ variant: "ghost", size: "icon" })}
          >
            {narrow ? <PanelLeftOpen aria-hidden /> : <PanelLeftClose aria-hidden />}
          </button>
        </div>
      </div>
    </aside>
  );
}
