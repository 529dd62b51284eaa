import { CloudOff } from "lucide-react";
import type { RestoreUploadView } from "@/client";
import { Button } from "@/components/ui/button";
import { ProgressBar } from "@/components/ui/progress-bar";
import { formatBytes } from "@/lib/format";

interface UploadProgressProps {
  name: string;
  upload: RestoreUploadView | null;
  waiting: boolean;
  onStop: () => void;
}

export function UploadProgress({ name, upload, waiting, onStop }: UploadProgressProps) {
  return (
    <div className="space-y-2 rounded-md border border-line-strong p-4">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <p className="font-semibold break-all">{name}</p>
        <p className="text-sm text-ink-soft tabular-nums">
          {upload ? `${formatBytes(upload.offset)} of ${formatBytes(upload.size)}` : "Beginning"}
        </p>
      </div>
      <ProgressBar value={upload ? upload.offset / upload.size : null} label={`Upload of ${name}`} />
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p aria-live="polite" className="flex items-center gap-2 text-sm text-ink-soft">
          {waiting ? (
            <>
              <CloudOff className="size-4 text-warn" aria-hidden />
              No connection. It goes on by itself when there is one.
            </>
          ) : (
            "Stay on this page. What has come stays: a broken upload goes on where it ended."
          )}
        </p>
        <Button size="sm" onClick={onStop}>
          Stop
        </Button>
      </div>
    </div>
  );
}
