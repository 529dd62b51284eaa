import { CloudCog, HardDrive, Plus } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { S3ConfigView, SystemStatus } from "@/client";
import { Button } from "@/components/ui/button";
import { formatBytes } from "@/lib/format";
import { useFocusWhen } from "../use-focus";
import type { AddForm } from "./databases-step";
import { StepPanel } from "./step-panel";

interface StorageStepProps {
  s3Configs: S3ConfigView[];
  status: SystemStatus | undefined;
  /** Null for those who may not add storage. */
  form: ((props: AddForm) => ReactNode) | null;
  onBack: () => void;
  onNext: () => void;
}

export function StorageStep({ s3Configs, status, form, onBack, onNext }: StorageStepProps) {
  const [adding, setAdding] = useState(false);
  const close = () => setAdding(false);
  const place = useFocusWhen<HTMLDivElement>(adding);
  const next = useFocusWhen<HTMLButtonElement>(!adding);
  return (
    <StepPanel
      title="Choose where backups go"
      intro="They are kept on this machine's disk. A second copy in S3 storage survives the loss of the machine."
      onBack={onBack}
      actions={
        <Button ref={next} variant={adding ? "secondary" : "primary"} onClick={onNext}>
          {s3Configs.length === 0 ? "Continue without S3" : "Continue"}
        </Button>
      }
    >
      <ul aria-label="Storage" className="panel divide-y">
        <li className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2.5">
          <HardDrive className="size-4 text-ink-faint" aria-hidden />
          <span className="font-semibold">This machine</span>
          <span className="text-sm text-ink-soft">
            {status ? `${formatBytes(status.localStorage.free)} free` : ""}
          </span>
          <span className="font-mono text-sm break-all text-ink-faint">{status?.localStorage.path}</span>
        </li>
        {s3Configs.map((config) => (
          <li key={config.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2.5">
            <CloudCog className="size-4 text-ink-faint" aria-hidden />
            <span className="font-semibold break-words">{config.name}</span>
            <span className="font-mono text-sm break-all text-ink-faint">{config.bucket}</span>
          </li>
        ))}
      </ul>
      {form && adding ? (
        <div ref={place} tabIndex={-1} className="outline-none">
          {form({
            onAdded: close,
            cancel: (
              <Button variant="ghost" onClick={close}>
                Cancel
              </Button>
            ),
          })}
        </div>
      ) : null}
      {form && !adding ? (
        <Button onClick={() => setAdding(true)}>
          <Plus aria-hidden />
          Add S3 storage
        </Button>
      ) : null}
    </StepPanel>
  );
}
