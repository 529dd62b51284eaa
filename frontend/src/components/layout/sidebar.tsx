import { Link } from "@tanstack/react-router";
import { PanelLeftClose, PanelLeftOpen, RotateCcw } from "lucide-react";
import { useState } from "react";
import { buttonClass } from "@/components/ui/button-class";
import { Tooltip } from "@/components/ui/tooltip";
import { cn } from "@/lib/cn";
import { BrandMark } from "./brand";
import { NAV_ITEMS } from "./nav-items";
import { ThemeToggle } from "./theme-toggle";
import { VersionLine } from "./version-line";

const KEY = "sidebar";

export function Sidebar() {
  const [narrow, setNarrow] = useState(readNarrow);
  const toggle = () => {
    writeNarrow(!narrow);
    setNarrow(!narrow);
  };
  const toggleLabel = narrow ? "Widen the sidebar" : "Narrow the sidebar";

  return (
    <aside
      className={cn(
        "sticky top-0 hidden h-dvh shrink-0 flex-col border-r bg-sunken md:flex",
        narrow ? "w-16 items-center px-2" : "w-58 px-3",
      )}
    >
      <Link to="/" className={cn("flex h-16 items-center gap-2.5 rounded-md", narrow ? "px-0" : "px-2")}>
        <BrandMark className="size-6.5" />
        <span className={narrow ? "sr-only" : "text-base leading-4.5 font-bold"}>
          DB Backup
          <span className="block text-ink-faint">&amp; Restore</span>
        </span>
      </Link>
      <nav aria-label="Main" className="mt-1 w-full">
        <ul className="space-y-0.5">
          {NAV_ITEMS.map((item) => (
            <li key={item.to}>
              <Tooltip label={item.label} side="right" disabled={!narrow}>
                <Link
                  to={item.to}
                  activeOptions={{ exact: item.to === "/" }}
                  className={cn(
                    "flex h-9 items-center gap-3 rounded-md border border-transparent font-semibold text-ink-soft hover:text-ink",
                    "aria-[current=page]:border-line aria-[current=page]:bg-surface aria-[current=page]:text-ink aria-[current=page]:[&_svg]:text-accent",
                    narrow ? "justify-center" : "px-2.5",
                  )}
                >
                  <item.icon className="size-4.5" aria-hidden />
                  <span className={narrow ? "sr-only" : ""}>{item.label}</span>
                </Link>
              </Tooltip>
            </li>
          ))}
        </ul>
        <Tooltip label="Restore a database" side="right" disabled={!narrow}>
          <Link to="/restore/new" className={buttonClass({}, cn("mt-4 w-full", narrow && "size-10 px-0"))}>
            <RotateCcw aria-hidden />
            <span className={narrow ? "sr-only" : ""}>Restore a database</span>
          </Link>
        </Tooltip>
      </nav>
      <div className={cn("mt-auto w-full space-y-2 py-3", narrow && "flex flex-col items-center")}>
        <VersionLine narrow={narrow} />
        <div className={cn("flex items-center justify-between", narrow && "flex-col gap-1")}>
          <ThemeToggle />
          <Tooltip label={toggleLabel} side="right">
            <button
              type="button"
              aria-label={toggleLabel}
              aria-expanded={!narrow}
              onClick={toggle}
              className={buttonClass({ variant: "ghost", size: "icon" })}
            >
              {narrow ? <PanelLeftOpen aria-hidden /> : <PanelLeftClose aria-hidden />}
            </button>
          </Tooltip>
        </div>
      </div>
    </aside>
  );
}

function readNarrow(): boolean {
  try {
    return localStorage.getItem(KEY) === "narrow";
  } catch {
    return false;
  }
}

function writeNarrow(narrow: boolean) {
  try {
    localStorage.setItem(KEY, narrow ? "narrow" : "wide");
  } catch {
    // Storage is blocked: the choice lasts until the page is left.
  }
}
