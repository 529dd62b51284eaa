import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";

interface DisclosureProps {
  title: string;
  /** What is inside, or set in it, in a few words, so that nobody has to open it to know. */
  summary?: string;
  /** Open from the start; problems inside must be seen. */
  open?: boolean;
  children: ReactNode;
}

/** Fields that most people leave as they are: closed, with what they say now. The browser's own element. */
export function Disclosure({ title, summary, open, children }: DisclosureProps) {
  return (
    <details className="group rounded-md border" open={open}>
      <summary className="flex cursor-pointer list-none flex-wrap items-center gap-x-2 rounded-md px-3 py-2.5 font-semibold [&::-webkit-details-marker]:hidden">
        <ChevronRight className="size-4 transition-transform group-open:rotate-90" aria-hidden />
        {title}
        {summary ? <span className="ml-auto font-normal text-ink-faint">{summary}</span> : null}
      </summary>
      <div className="space-y-4 border-t p-3">{children}</div>
    </details>
  );
}
