import { cn } from "@/lib/cn";

export interface ButtonLook {
  variant?: "primary" | "secondary" | "ghost" | "danger";
  size?: "sm" | "md" | "icon" | "icon-sm";
}

const BASE =
  "inline-flex shrink-0 select-none items-center justify-center gap-1.5 whitespace-nowrap rounded-md border font-semibold transition-colors disabled:opacity-55 disabled:pointer-events-none aria-disabled:opacity-55 [&_svg]:size-4 [&_svg]:shrink-0";

const VARIANTS = {
  primary: "border-transparent bg-accent text-on-accent hover:bg-accent-strong",
  secondary: "border-line-strong bg-surface text-ink hover:bg-sunken hover:border-line-input",
  ghost: "border-transparent text-ink-soft hover:bg-sunken hover:text-ink",
  danger: "border-transparent bg-bad text-on-bad hover:bg-bad-strong",
};

const SIZES = {
  sm: "h-7.5 px-2.5 text-sm pointer-coarse:h-10",
  md: "h-9 px-3.5 text-base pointer-coarse:h-11",
  icon: "size-8 text-base pointer-coarse:size-11",
  "icon-sm": "size-6 pointer-coarse:size-9",
};

/** For `Button` and for links that look like one. */
export function buttonClass({ variant = "secondary", size = "md" }: ButtonLook = {}, className?: string) {
  return cn(BASE, VARIANTS[variant], SIZES[size], className);
}
