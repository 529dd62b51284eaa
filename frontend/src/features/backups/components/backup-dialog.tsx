import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { DatabaseView } from "@/client";
import { ErrorState } from "@/components/layout/error-state";
import { Dialog } from "@/components/ui/dialog";
import { Skeleton } from "@/components/ui/skeleton";
import { formatBytes } from "@/lib/format";
import { encryptionKeysQuery, retentionPoliciesQuery, s3ConfigsQuery } from "@/lib/queries";
import { BackupForm } from "../forms/backup-form";

interface BackupDialogProps {
  database: DatabaseView;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

export default function BackupDialog({ database, open, onOpenChange }: BackupDialogProps) {
  const s3Configs = useQuery({ ...s3ConfigsQuery(), enabled: open });
  const encryptionKeys = useQuery({ ...encryptionKeysQuery(), enabled: open });
  const policies = useQuery({ ...retentionPoliciesQuery(), enabled: open });
  const failed = [s3Configs, encryptionKeys, policies].find((query) => query.isError);
  const navigate = useNavigate();
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Back up ${database.name}`}
      description={
        database.size === null ? undefined : `The database takes ${formatBytes(database.size)} on its server.`
      }
    >
      {failed ? (
        <ErrorState
          title="What the form needs could not be loaded"
          error={failed.error}
          onRetry={() => failed.refetch()}
        />
      ) : s3Configs.data && encryptionKeys.data && policies.data ? (
        <BackupForm
          database={database}
          s3Configs={s3Configs.data}
          encryptionKeys={encryptionKeys.data}
          policies={policies.data}
          onCancel={() => onOpenChange(false)}
          onStarted={(backup) => {
            onOpenChange(false);
            void navigate({ to: "/backups/$id", params: { id: backup.id } });
          }}
        />
      ) : (
        <div className="space-y-3">
          <Skeleton className="h-16" />
          <Skeleton className="h-16" />
        </div>
      )}
    </Dialog>
  );
}
