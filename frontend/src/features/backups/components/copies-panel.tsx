import { Cloud, HardDrive, Lock } from "lucide-react";
import type { BackupDetail, CopyView, ProgressView } from "@/client";
import { Allowed } from "@/components/access/allowed";
import { Badge } from "@/components/ui/badge";
import { CopyButton } from "@/components/ui/copy-button";
import { ProgressBar } from "@/components/ui/progress-bar";
import { Section } from "@/components/ui/section";
import { Time } from "@/components/ui/time";
import { formatAbsolute, formatBytes } from "@/lib/format";
import { copyName, copyState } from "./copies-line";
import { UploadMore } from "./upload-more";

interface CopiesPanelProps {
  backup: BackupDetail;
  progress: ProgressView | null;
}

export function CopiesPanel({ backup, progress }: CopiesPanelProps) {
  return (
    <Section
      title="Copies"
      flush
      aside={
        <Allowed to="backup.execute">
          <UploadMore backup={backup} />
        </Allowed>
      }
    >
      <ul className="divide-y divide-line">
        {backup.copies.map((copy) => (
          <CopyRow
            key={copy.id}
            copy={copy}
            uploaded={copy.state === "writing" ? (progress?.bytesUploaded[copy.id] ?? null) : null}
            // What all copies will hold once the dump has ended; before that it still grows.
            total={backup.size}
          />
        ))}
      </ul>
    </Section>
  );
}

interface CopyRowProps {
  copy: CopyView;
  uploaded: number | null;
  total: number | null;
}

function CopyRow({ copy, uploaded, total }: CopyRowProps) {
  const Place = copy.storage === "local" ? HardDrive : Cloud;
  const state = copyState(copy.state);
  const path = copy.storage === "local" ? copy.key : `s3://${copy.bucket}/${copy.key ?? ""}`;
  return (
    <li className="px-4 py-3">
      <div className="flex items-center gap-2.5">
        <Place className="size-4 shrink-0 text-ink-faint" aria-hidden />
        <p className="min-w-0 flex-1 truncate font-semibold">
          {copy.storage === "local" ? "Local disk" : copyName(copy)}
        </p>
        <Badge tone={state.tone} icon={state.icon} spin={state.spin}>
          {state.label}
        </Badge>
      </div>
      {copy.key ? (
        <p className="mt-1 flex items-start gap-1 pl-6.5 font-mono text-sm break-all text-ink-soft">
          <span className="min-w-0">{path}</span>
          <CopyButton text={path ?? ""} label="Copy the path" />
        </p>
      ) : null}
      {copy.error ? <p className="mt-1 pl-6.5 text-sm text-bad">{copy.error}</p> : null}
      {copy.lockedUntil && new Date(copy.lockedUntil) > new Date() ? (
        <p className="mt-1 flex items-center gap-1.5 pl-6.5 text-sm text-ink-soft">
          <Lock className="size-3.5 shrink-0" aria-hidden />
          Object lock keeps it until {formatAbsolute(copy.lockedUntil)}
        </p>
      ) : null}
      {uploaded !== null ? (
        <div className="mt-2 pl-6.5">
          <ProgressBar value={total ? uploaded / total : null} label={`Upload to ${copyName(copy)}`} />
          <p className="mt-1 text-sm text-ink-soft">{formatBytes(uploaded)} written</p>
        </div>
      ) : null}
      {copy.uploadCompletedAt && copy.state === "complete" ? (
        <p className="mt-1 pl-6.5 text-sm text-ink-faint">
          Written <Time value={copy.uploadCompletedAt} />
          {copy.version ? `, version ${copy.version}` : ""}
          {copy.checkedAt ? (
            <>
              , read again <Time value={copy.checkedAt} />
            </>
          ) : null}
        </p>
      ) : null}
    </li>
  );
}
