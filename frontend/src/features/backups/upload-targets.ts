import { useQuery } from "@tanstack/react-query";
import type { BackupView, S3ConfigView } from "@/client";
import { s3ConfigsQuery } from "@/lib/queries";

/** Where a finished backup may still be copied to: where it is not, or where its copy failed. */
export function useUploadTargets(backup: BackupView): S3ConfigView[] | undefined {
  const configs = useQuery(s3ConfigsQuery());
  const held = new Set(
    backup.copies
      .filter((copy) => !["failed", "deleted"].includes(copy.state))
      .map((copy) => copy.s3ConfigId),
  );
  if (backup.status !== "completed") return [];
  return configs.data?.filter((config) => config.enabled && !held.has(config.id));
}
