import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

interface EmptyProps {
  icon: LucideIcon;
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
}

/** Nothing here, and what to do next. */
export function Empty({ icon: Icon, title, children, actions }: EmptyProps) {
  return (
    <div className="flex flex-col items-center rounded-lg border border-line-strong border-dashed px-6 py-12 text-center">
      <Icon className="size-8 text-ink-faint" strokeWidth={1.5} aria-hidden />
      <h2 className="mt-3 text-md font-bold">{title}</h2>
      {children ? <div className="mt-1 max-w-md text-ink-soft">{children}</div> : null}
      {actions ? <div className="mt-5 flex flex-wrap justify-center gap-2">{actions}</div> : null}
    </div>
  );
}
