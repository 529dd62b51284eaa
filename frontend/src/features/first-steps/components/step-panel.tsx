import { type ReactNode, useEffect, useId, useRef } from "react";
import { Button } from "@/components/ui/button";

interface StepPanelProps {
  title: string;
  /** What it is for, in a sentence or two. */
  intro: ReactNode;
  onBack?: () => void;
  /** The ways on; the main one last. */
  actions: ReactNode;
  children?: ReactNode;
}

/** One step. Its title has the focus when it comes, so that keyboard and screen reader are where the eye is. */
export function StepPanel({ title, intro, onBack, actions, children }: StepPanelProps) {
  const id = useId();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <section aria-labelledby={id} className="space-y-5">
      <div>
        <h2 ref={heading} id={id} tabIndex={-1} className="text-md font-bold outline-none">
          {title}
        </h2>
        <p className="mt-1 max-w-prose text-ink-soft">{intro}</p>
      </div>
      {children}
      <div className="flex flex-wrap items-center gap-2 border-t pt-4">
        {onBack ? (
          <Button variant="ghost" onClick={onBack}>
            Back
          </Button>
        ) : null}
        <span className="ml-auto flex flex-wrap justify-end gap-2">{actions}</span>
      </div>
    </section>
  );
}
