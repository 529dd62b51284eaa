import { CircleCheck, CircleX } from "lucide-react";
import { useState } from "react";
import type { SystemStatus } from "@/client";
import { Button } from "@/components/ui/button";
import { Checkbox } from "@/components/ui/checkbox";
import { Notice } from "@/components/ui/notice";
import { StepPanel } from "./step-panel";

interface KeyStepProps {
  status: SystemStatus | undefined;
  onNext: () => void;
}

/** The one secret that nothing here can give back, and whether all is well. */
export function KeyStep({ status, onNext }: KeyStepProps) {
  const [kept, setKept] = useState(false);
  return (
    <StepPanel
      title="Keep the key"
      intro={
        <>
          Passwords are stored sealed with <code className="font-mono text-sm">ENCRYPTION_KEY</code>. It was
          checked when the program started, and it is right. It is not stored here: nobody can get it back for
          you.
        </>
      }
      actions={
        <Button variant="primary" disabled={!kept} onClick={onNext}>
          Continue
        </Button>
      }
    >
      <ul aria-label="Health" className="panel grid gap-x-8 gap-y-2 p-4 sm:grid-cols-2">
        {status?.health.checks.map((check) => (
          <li key={check.name} className="flex gap-2.5">
            {check.ok ? (
              <CircleCheck className="mt-0.5 size-4 shrink-0 text-ok" aria-label="Well:" />
            ) : (
              <CircleX className="mt-0.5 size-4 shrink-0 text-bad" aria-label="Not well:" />
            )}
            <span className="min-w-0 break-words">
              <span className="font-semibold capitalize">{check.name}</span>{" "}
              <span className="text-sm text-ink-soft">{check.message}</span>
            </span>
          </li>
        ))}
      </ul>
      {status && !status.health.ok ? (
        <Notice tone="warn">Something is not well. You can go on; look at the log if it stays so.</Notice>
      ) : null}
      <Checkbox
        checked={kept}
        onChange={setKept}
        label="I keep a copy of the key outside this machine"
        hint="In a password manager, or on paper. Stored passwords are lost without it; backups are not."
      />
    </StepPanel>
  );
}
