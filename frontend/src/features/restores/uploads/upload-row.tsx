import { RotateCw, Trash2 } from "lucide-react";
import { useId, useState } from "react";
import type { RestoreUploadView } from "@/client";
import { Badge, type Tone } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { Notice } from "@/components/ui/notice";
import { Time } from "@/components/ui/time";
import { describeError } from "@/lib/api-error";
import { cn } from "@/lib/cn";
import { formatBytes, formatCount } from "@/lib/format";
import { useCheckAgain, useDeleteUpload } from "./api";

const STATES: Record<string, { word: string; tone: Tone }> = {
  uploading: { word: "Not finished", tone: "warn" },
  checking: { word: "Being checked", tone: "accent" },
  ready: { word: "Ready", tone: "ok" },
  refused: { word: "Refused", tone: "bad" },
};

interface UploadRowProps {
  upload: RestoreUploadView;
  group: string;
  chosen: boolean;
  onChoose: () => void;
  onDeleted: () => void;
}

export function UploadRow({ upload, group, chosen, onChoose, onDeleted }: UploadRowProps) {
  const id = useId();
  const [asking, setAsking] = useState(false);
  const remove = useDeleteUpload();
  const again = useCheckAgain();
  const state = STATES[upload.state] ?? { word: upload.state, tone: "neutral" as const };
  return (
    <div
      className={cn("flex flex-wrap items-center gap-x-4 gap-y-2 px-3 py-2.5", chosen && "bg-accent-soft")}
    >
      <input
        type="radio"
        id={id}
        name={group}
        checked={chosen}
        onChange={onChoose}
        disabled={upload.state !== "ready"}
        className="size-4.5 shrink-0 accent-accent"
      />
      <label htmlFor={id} className="min-w-48 flex-1">
        <span className="font-semibold break-all">{upload.name}</span>
        <span className="block text-sm text-ink-soft">{about(upload)}</span>
        <span className="block text-sm text-ink-faint">
          Uploaded <Time value={upload.createdAt} />, removed <Time value={upload.expiresAt} /> unless it is
          used
        </span>
      </label>
      <Badge tone={state.tone}>{state.word}</Badge>
      {upload.state === "refused" ? (
        <Button size="sm" busy={again.isPending} onClick={() => again.mutate(upload.id)}>
          <RotateCw aria-hidden />
          Check again
        </Button>
      ) : null}
      <Button size="sm" aria-label={`Delete ${upload.name}`} onClick={() => setAsking(true)}>
        <Trash2 aria-hidden />
      </Button>
      {upload.errorMessage ? (
        <Notice tone="bad" className="w-full">
          {upload.errorMessage}
        </Notice>
      ) : null}
      {again.isError ? <Notice tone="bad">{describeError(again.error)}</Notice> : null}
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title={`Delete ${upload.name}?`}
        confirmLabel="Delete it"
        danger
        busy={remove.isPending}
        onConfirm={() =>
          remove.mutate(upload.id, {
            onSuccess: () => {
              setAsking(false);
              onDeleted();
            },
          })
        }
      >
        <p>The file is removed from the server. Your own copy stays.</p>
        {remove.isError ? (
          <Notice tone="bad" live>
            {describeError(remove.error)}
          </Notice>
        ) : null}
      </ConfirmDialog>
    </div>
  );
}

function about(upload: RestoreUploadView): string {
  if (upload.state === "uploading") {
    return `${formatBytes(upload.offset)} of ${formatBytes(upload.size)} are here. Choose the same file again to go on.`;
  }
  const tables =
    upload.tables === null
      ? ""
      : `, ${formatCount(upload.tables)} ${upload.tables === 1 ? "table" : "tables"}`;
  const manifest = upload.hasManifest ? ", with its manifest" : "";
  return `${upload.kind ?? "Not looked into yet"}${tables}${manifest} · ${formatBytes(upload.size)}`;
}
