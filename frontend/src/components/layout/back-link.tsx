import { Link, type LinkProps } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";

export function BackLink({ children, ...props }: LinkProps) {
  return (
    <Link
      {...props}
      className="inline-flex items-center gap-1 rounded-sm text-sm font-semibold text-ink-soft hover:text-ink"
    >
      <ArrowLeft className="size-3.5" aria-hidden />
      {children as string}
    </Link>
  );
}
