import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";

interface DisclosureProps {
  title: string;
  /** What is set in it, in a few words, so that nobody has to open it to know. */
  summary?: string;
  /** Open from the start; problems inside must be seen. */
  open?: boolean;
  children: ReactNode;
}

/** Fields that few need: out of the way until asked for. The browser's own element, so keyboard and find work. */
export function Disclosure({ title, summary, open, children }: DisclosureProps) {
  return (
    <details className="group border-t pt-4" open={open}>
      <summary className="flex cursor-pointer list-none flex-wrap items-center gap-x-2 rounded-sm font-semibold [&::-webkit-details-marker]:hidden">
        <ChevronRight className="size-4 text-ink-faint group-open:rotate-90" aria-hidden />
        {title}
        {summary ? <span className="text-sm font-normal text-ink-soft">{summary}</span> : null}
      </summary>
      <div className="mt-4 space-y-4">{children}</div>
    </details>
  );
}
