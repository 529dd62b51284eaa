import { CircleAlert, CircleCheck, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { cn } from "@/lib/cn";

const LOOKS = {
  info: { icon: Info, box: "border-line-strong bg-sunken", ink: "text-ink-soft" },
  ok: { icon: CircleCheck, box: "border-ok/35 bg-ok-soft", ink: "text-ok" },
  warn: { icon: TriangleAlert, box: "border-warn/35 bg-warn-soft", ink: "text-warn" },
  bad: { icon: CircleAlert, box: "border-bad/35 bg-bad-soft", ink: "text-bad" },
};

interface NoticeProps {
  tone?: keyof typeof LOOKS;
  title?: ReactNode;
  actions?: ReactNode;
  /** Announce it at once (an answer to what the user just did). */
  live?: boolean;
  className?: string;
  children?: ReactNode;
}

export function Notice({ tone = "info", title, actions, live, className, children }: NoticeProps) {
  const { icon: Icon, box, ink } = LOOKS[tone];
  return (
    <div
      role={live ? "alert" : undefined}
      className={cn("flex gap-3 rounded-md border px-3.5 py-3", box, className)}
    >
      <Icon className={cn("mt-0.5 size-4.5 shrink-0", ink)} aria-hidden />
      <div className="min-w-0 flex-1 space-y-1">
        {title ? <p className="font-semibold break-words">{title}</p> : null}
        {children ? <div className="break-words text-ink-soft">{children}</div> : null}
        {actions ? <div className="flex flex-wrap gap-2 pt-1.5">{actions}</div> : null}
      </div>
    </div>
  );
}
