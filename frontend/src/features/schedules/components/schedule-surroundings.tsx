import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { DatabaseView, RetentionPolicyView } from "@/client";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { ErrorState } from "@/components/layout/error-state";
import {
  databasesQuery,
  encryptionKeysQuery,
  retentionPoliciesQuery,
  s3ConfigsQuery,
  statusQuery,
} from "@/lib/queries";
import type { Surroundings } from "../forms/schedule-values";

interface Loaded {
  around: Surroundings;
  databases: DatabaseView[];
  policies: RetentionPolicyView[];
}

interface ScheduleSurroundingsProps {
  databaseId: string | undefined;
  children: (loaded: Loaded) => ReactNode;
}

/** Loads what the form chooses from before it is shown: its fields start with the right values. */
export function ScheduleSurroundings({ databaseId, children }: ScheduleSurroundingsProps) {
  const databases = useQuery(databasesQuery());
  const s3Configs = useQuery(s3ConfigsQuery());
  const encryptionKeys = useQuery(encryptionKeysQuery());
  const status = useQuery(statusQuery());
  const policies = useQuery(retentionPoliciesQuery());
  const failed = [databases, s3Configs, encryptionKeys, status, policies].find((query) => query.isError);
  if (failed) {
    return (
      <ErrorState
        title="The form could not be loaded"
        error={failed.error}
        onRetry={() => void failed.refetch()}
      />
    );
  }
  if (!databases.data || !s3Configs.data || !encryptionKeys.data || !status.data || !policies.data) {
    return (
      <div className="panel">
        <TableSkeleton label="Loading the form" rows={6} />
      </div>
    );
  }
  const only = databases.data.items.length === 1 ? databases.data.items[0]?.id : undefined;
  return children({
    databases: databases.data.items,
    policies: policies.data,
    around: {
      s3Configs: s3Configs.data,
      encryptionKeys: encryptionKeys.data,
      timezone: status.data.timezone,
      databaseId: databaseId ?? only ?? "",
    },
  });
}
