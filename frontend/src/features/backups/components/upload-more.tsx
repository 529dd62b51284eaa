import { CloudUpload } from "lucide-react";
import type { BackupDetail } from "@/client";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem } from "@/components/ui/menu";
import { describeError } from "@/lib/api-error";
import { toast } from "@/lib/toast";
import { useUploadBackup } from "../api";
import { useUploadTargets } from "../upload-targets";

/** Copies a finished backup to a further bucket, or again to one where it failed. */
export function UploadMore({ backup }: { backup: BackupDetail }) {
  const targets = useUploadTargets(backup) ?? [];
  const upload = useUploadBackup(backup.id);
  if (targets.length === 0) return null;

  const start = (id: string, name: string) =>
    upload.mutate([id], {
      onSuccess: () => toast.success(`The upload to ${name} is on its way`),
      onError: (error) => toast.error("The upload did not start", { description: describeError(error) }),
    });

  return (
    <Menu
      trigger={
        <Button size="sm" busy={upload.isPending}>
          {upload.isPending ? null : <CloudUpload aria-hidden />}
          Upload to S3
        </Button>
      }
    >
      {targets.map((config) => (
        <MenuItem key={config.id} onSelect={() => start(config.id, config.name)}>
          {config.name}
        </MenuItem>
      ))}
    </Menu>
  );
}
