import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";

interface DisclosureProps {
  title: string;
  /** What is inside, in a few words. */
  summary: string;
  open?: boolean;
  children: ReactNode;
}

/** Fields that most people leave as they are: closed, with what they say now. */
export function Disclosure({ title, summary, open, children }: DisclosureProps) {
  return (
    <details className="group rounded-md border" open={open}>
      <summary className="flex cursor-pointer list-none flex-wrap items-center gap-x-2 rounded-md px-3 py-2.5 font-semibold [&::-webkit-details-marker]:hidden">
        <ChevronRight className="size-4 transition-transform group-open:rotate-90" aria-hidden />
        {title}
        <span className="ml-auto font-normal text-ink-faint">{summary}</span>
      </summary>
      <div className="space-y-4 border-t p-3">{children}</div>
    </details>
  );
}
