import { Link } from "@tanstack/react-router";
import { Bell, FileDown, KeyRound, RotateCcw, ShieldCheck } from "lucide-react";
import type { DatabaseView } from "@/client";
import { Allowed } from "@/components/access/allowed";
import { buttonClass } from "@/components/ui/button-class";
import { StepPanel } from "./step-panel";

interface DoneStepProps {
  databases: DatabaseView[];
  onBack: () => void;
}

const NEXT = [
  { to: "/notifications", icon: Bell, title: "Get told when a backup fails", permission: "system.configure" },
  { to: "/encryption-keys", icon: KeyRound, title: "Encrypt the backups", permission: "system.configure" },
  {
    to: "/restore/new",
    icon: RotateCcw,
    title: "Try a restore into a new database",
    permission: "restore.execute",
  },
  { to: "/settings", icon: FileDown, title: "Export the configuration", permission: "system.configure" },
] as const;

export function DoneStep({ databases, onBack }: DoneStepProps) {
  const planned = databases.filter((database) => database.schedules > 0).length;
  const saved = databases.filter((database) => database.lastGoodBackupAt).length;
  return (
    <StepPanel
      title="You are set up"
      intro={`${count(databases.length, "database")}: ${planned} with a schedule, ${saved} with a good backup.`}
      onBack={onBack}
      actions={
        <Link to="/" className={buttonClass({ variant: "primary" })}>
          <ShieldCheck aria-hidden />
          Go to the overview
        </Link>
      }
    >
      <h3 className="font-semibold">Good next steps</h3>
      <ul className="grid gap-2 sm:grid-cols-2">
        {NEXT.map(({ to, icon: Icon, title, permission }) => (
          <Allowed key={to} to={permission}>
            <li>
              <Link
                to={to}
                search={{}}
                className="panel flex items-center gap-3 px-4 py-3 font-semibold hover:border-line-input"
              >
                <Icon className="size-4.5 shrink-0 text-accent" aria-hidden />
                {title}
              </Link>
            </li>
          </Allowed>
        ))}
      </ul>
    </StepPanel>
  );
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
