import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { cn } from "@/lib/cn";

export type Tone = "neutral" | "accent" | "ok" | "warn" | "bad";

const TONES: Record<Tone, string> = {
  neutral: "bg-sunken text-ink-soft",
  accent: "bg-accent-soft text-accent",
  ok: "bg-ok-soft text-ok",
  warn: "bg-warn-soft text-warn",
  bad: "bg-bad-soft text-bad",
};

interface BadgeProps {
  tone?: Tone;
  icon?: LucideIcon;
  spin?: boolean;
  title?: string;
  className?: string;
  children: ReactNode;
}

/** A state in words, with an icon; the colour only repeats it. */
export function Badge({ tone = "neutral", icon: Icon, spin, title, className, children }: BadgeProps) {
  return (
    <span
      title={title}
      className={cn(
        "inline-flex items-center gap-1.5 whitespace-nowrap rounded-sm px-1.5 py-0.5 text-sm font-semibold leading-5",
        TONES[tone],
        className,
      )}
    >
      {Icon ? (
        <Icon className={cn("size-3.5 shrink-0", spin && "animate-spin")} strokeWidth={2.5} aria-hidden />
      ) : null}
      {children}
    </span>
  );
}
