import { Link } from "@tanstack/react-router";
import type { BackupView } from "@/client";
import { Button } from "@/components/ui/button";
import { buttonClass } from "@/components/ui/button-class";
import { Dialog } from "@/components/ui/dialog";
import { Skeleton } from "@/components/ui/skeleton";
import { describeError } from "@/lib/api-error";
import { formatBytes } from "@/lib/format";
import { toast } from "@/lib/toast";
import { useUploadBackup } from "../api";
import { useUploadTargets } from "../upload-targets";

interface UploadDialogProps {
  backup: BackupView;
  onClose: () => void;
}

/** Asks to which bucket a finished backup is copied. */
export function UploadDialog({ backup, onClose }: UploadDialogProps) {
  const targets = useUploadTargets(backup);
  const upload = useUploadBackup(backup.id);
  const start = (id: string, name: string) =>
    upload.mutate([id], {
      onSuccess: () => {
        onClose();
        toast.success(`The upload to ${name} is on its way`);
      },
      onError: (error) => toast.error("The upload did not start", { description: describeError(error) }),
    });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="Upload to S3"
      description={`A further copy of this backup of ${backup.databaseName}${backup.size ? `, ${formatBytes(backup.size)}` : ""}.`}
    >
      {targets === undefined ? (
        <Skeleton className="h-10" />
      ) : targets.length === 0 ? (
        <div className="space-y-3 text-ink-soft">
          <p>It is in every S3 storage that is set up and enabled.</p>
          <Link to="/s3-configs" className={buttonClass({ size: "sm" })}>
            To the storage
          </Link>
        </div>
      ) : (
        <ul className="space-y-2">
          {targets.map((config) => (
            <li
              key={config.id}
              className="flex items-center justify-between gap-3 rounded-md border px-3 py-2"
            >
              <span className="min-w-0">
                <span className="block truncate font-semibold">{config.name}</span>
                <span className="block truncate font-mono text-sm text-ink-faint">{config.bucket}</span>
              </span>
              <Button
                size="sm"
                busy={upload.isPending}
                aria-label={`Upload to ${config.name}`}
                onClick={() => start(config.id, config.name)}
              >
                Upload
              </Button>
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}
