import { useQuery } from "@tanstack/react-query";
import { CloudUpload } from "lucide-react";
import { toast } from "sonner";
import type { BackupDetail } from "@/client";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem } from "@/components/ui/menu";
import { describeError } from "@/lib/api-error";
import { s3ConfigsQuery } from "@/lib/queries";
import { useUploadBackup } from "../api";

/** Copies a finished backup to a further bucket, or again to one where it failed. */
export function UploadMore({ backup }: { backup: BackupDetail }) {
  const configs = useQuery(s3ConfigsQuery());
  const upload = useUploadBackup(backup.id);
  const held = new Set(
    backup.copies
      .filter((copy) => !["failed", "deleted"].includes(copy.state))
      .map((copy) => copy.s3ConfigId),
  );
  const targets = configs.data?.filter((config) => config.enabled && !held.has(config.id)) ?? [];
  if (backup.status !== "completed" || targets.length === 0) return null;

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
