import { CircleCheck, CircleX, Cloud, HardDrive, LoaderCircle, type LucideIcon, Trash2 } from "lucide-react";
import type { CopyView } from "@/client";
import { cn } from "@/lib/cn";

/** Where a backup's copies are and how each stands, in one line. */
export function CopiesLine({ copies }: { copies: CopyView[] }) {
  if (copies.length === 0) return <span className="text-ink-faint">–</span>;
  return (
    <ul className="flex flex-wrap gap-x-3 gap-y-0.5 text-sm">
      {copies.map((copy) => {
        const Place = copy.storage === "local" ? HardDrive : Cloud;
        const state = copyState(copy.state);
        return (
          <li key={copy.id} title={copy.error ?? state.label} className="inline-flex items-center gap-1">
            <Place className="size-3.5 text-ink-faint" aria-hidden />
            {copyName(copy)}
            <state.icon className={cn("size-3.5", state.ink, state.spin && "animate-spin")} aria-hidden />
            <span className="sr-only">{state.label}</span>
          </li>
        );
      })}
    </ul>
  );
}

export function copyName(copy: CopyView): string {
  return copy.storage === "local" ? "Local" : (copy.s3ConfigName ?? "S3");
}

interface CopyLook {
  label: string;
  icon: LucideIcon;
  ink: string;
  tone: "ok" | "bad" | "accent" | "neutral";
  spin?: boolean;
}

const STATES: Record<string, CopyLook> = {
  pending: { label: "Waiting", icon: LoaderCircle, ink: "text-ink-faint", tone: "neutral" },
  writing: { label: "Writing", icon: LoaderCircle, ink: "text-accent", tone: "accent", spin: true },
  complete: { label: "Complete", icon: CircleCheck, ink: "text-ok", tone: "ok" },
  failed: { label: "Failed", icon: CircleX, ink: "text-bad", tone: "bad" },
  damaged: { label: "Damaged", icon: CircleX, ink: "text-bad", tone: "bad" },
  deleting: { label: "Being deleted", icon: Trash2, ink: "text-ink-faint", tone: "neutral" },
  deleted: { label: "Deleted", icon: Trash2, ink: "text-ink-faint", tone: "neutral" },
};

export function copyState(state: string): CopyLook {
  return STATES[state] ?? { label: state, icon: LoaderCircle, ink: "text-ink-faint", tone: "neutral" };
}
