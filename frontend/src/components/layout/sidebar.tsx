import { Link } from "@tanstack/react-router";
import { PanelLeftClose, PanelLeftOpen, RotateCcw } from "lucide-react";
import { useState } from "react";
import { Allowed } from "@/components/access/allowed";
import { buttonClass } from "@/components/ui/button-class";
import { cn } from "@/lib/cn";
import { AccountLink } from "./account-link";
import { BrandMark } from "./brand";
import { useNavItems } from "./nav-items";
import { SideLabel } from "./side-label";
import { readNarrow, writeNarrow } from "./sidebar-choice";
import { ThemeToggle } from "./theme-toggle";
import { VersionLine } from "./version-line";

export function Sidebar() {
  const [narrow, setNarrow] = useState(readNarrow);
  const items = useNavItems();
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
      <nav aria-label="Main" className="mt-1 w-full">
        <ul className="space-y-0.5">
          {items.map((item) => (
            <li key={item.to}>
              <Link
                to={item.to}
                activeOptions={{ exact: item.to === "/" }}
                className={cn(
                  "group relative flex h-9 items-center gap-3 rounded-md border border-transparent font-semibold text-ink-soft hover:text-ink",
                  "aria-[current=page]:border-line aria-[current=page]:bg-surface aria-[current=page]:text-ink aria-[current=page]:[&_svg]:text-accent",
                  narrow ? "justify-center" : "px-2.5",
                )}
              >
                <item.icon className="size-4.5" aria-hidden />
                <SideLabel narrow={narrow}>{item.label}</SideLabel>
              </Link>
            </li>
          ))}
        </ul>
        <Allowed to="restore.execute">
          <Link to="/restore/new" className={buttonClass({}, "group relative mt-4 w-full")}>
            <RotateCcw aria-hidden />
            <SideLabel narrow={narrow}>Restore a database</SideLabel>
          </Link>
        </Allowed>
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
