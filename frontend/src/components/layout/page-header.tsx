import { type ReactNode, useEffect } from "react";

interface PageHeaderProps {
  /** The page's name; also the browser tab's. */
  title: string;
  /** In place of the plain title, where it needs more than text. */
  heading?: ReactNode;
  /** Above the title: the way back. */
  back?: ReactNode;
  /** Below the title: one line of facts. */
  meta?: ReactNode;
  actions?: ReactNode;
}

export function PageHeader({ title, heading, back, meta, actions }: PageHeaderProps) {
  useEffect(() => {
    document.title = `${title} · DB Backup & Restore`;
  }, [title]);

  return (
    <header className="mb-5 flex flex-wrap items-end justify-between gap-x-6 gap-y-3 md:mb-7">
      <div className="min-w-0 md:flex-1">
        {back ? <div className="mb-1">{back}</div> : null}
        <h1 className="text-lg leading-tight font-bold break-words md:text-xl">{heading ?? title}</h1>
        {meta ? <div className="mt-1.5 text-ink-soft">{meta}</div> : null}
      </div>
      {actions ? <div className="flex flex-wrap gap-2">{actions}</div> : null}
    </header>
  );
}
