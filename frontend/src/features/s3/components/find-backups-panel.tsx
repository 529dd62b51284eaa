import { useState } from "react";
import type { CatalogueRebuild } from "@/client";
import { ErrorState } from "@/components/layout/error-state";
import { Button } from "@/components/ui/button";
import { Fact, Facts } from "@/components/ui/facts";
import { Field } from "@/components/ui/field";
import { Notice } from "@/components/ui/notice";
import { Select } from "@/components/ui/select";
import { Skeleton } from "@/components/ui/skeleton";
import { describeError } from "@/lib/api-error";
import { formatCount } from "@/lib/format";
import { useAddFoundBackups, useFoundBackups } from "../api";

interface FindBackupsPanelProps {
  configId: string | null;
  onClose: () => void;
}

export function FindBackupsPanel({ configId, onClose }: FindBackupsPanelProps) {
  const [instance, setInstance] = useState<string | null>(null);
  const found = useFoundBackups(configId, instance);
  const add = useAddFoundBackups(configId, instance);
  if (found.isError) {
    return (
      <ErrorState
        title="The storage could not be looked through"
        error={found.error}
        onRetry={() => found.refetch()}
      />
    );
  }
  if (found.isPending) {
    return (
      <div role="status" aria-label="Looking through the storage">
        <Skeleton className="h-32" />
      </div>
    );
  }
  if (add.data) {
    return (
      <Notice
        tone="ok"
        live
        title={`${backups(add.data.backupsAdded)} added`}
        actions={<Button onClick={onClose}>Close</Button>}
      >
        {formatCount(add.data.copiesAdded)} {add.data.copiesAdded === 1 ? "copy" : "copies"} can be restored
        from here now.
      </Notice>
    );
  }
  const { instances } = found.data;
  return (
    <div className="space-y-4">
      {instances.length > 1 ? (
        <Field
          label="Whose backups"
          hint="Several instances wrote to this storage. What is added here can be deleted here too, files included."
        >
          {(props) => (
            <Select
              {...props}
              value={instance ?? ""}
              onChange={(event) => setInstance(event.target.value || null)}
            >
              <option value="">All instances</option>
              {instances.map((entry) => (
                <option key={entry.instanceId} value={entry.instanceId}>
                  {entry.instanceId} ({formatCount(entry.manifests)})
                </option>
              ))}
            </Select>
          )}
        </Field>
      ) : null}
      <FoundFacts found={found.data} />
      {add.isError ? (
        <Notice tone="bad" live title="The backups were not added">
          {describeError(add.error)}
        </Notice>
      ) : null}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Close</Button>
        {found.data.copiesAdded > 0 ? (
          <Button
            variant="primary"
            busy={add.isPending}
            disabled={found.isFetching}
            onClick={() => add.mutate()}
          >
            {found.data.backupsAdded > 0
              ? `Add ${backups(found.data.backupsAdded)}`
              : `Add ${formatCount(found.data.copiesAdded)} ${found.data.copiesAdded === 1 ? "copy" : "copies"}`}
          </Button>
        ) : null}
      </div>
    </div>
  );
}

function FoundFacts({ found }: { found: CatalogueRebuild }) {
  return (
    <>
      <Facts>
        <Fact name="In the storage">{backups(found.manifests)}</Fact>
        <Fact name="Not listed here yet">{formatCount(found.copiesAdded)}</Fact>
        <Fact name="Known already">{formatCount(found.known)}</Fact>
      </Facts>
      {found.problemCount > 0 ? (
        <Notice tone="warn" title={`${formatCount(found.problemCount)} cannot be used`}>
          <ul className="list-disc space-y-1 pl-4 text-sm">
            {found.problems.map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
        </Notice>
      ) : null}
    </>
  );
}

function backups(count: number) {
  return `${formatCount(count)} ${count === 1 ? "backup" : "backups"}`;
}
