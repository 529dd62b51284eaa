import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import {
  createRetentionPolicy,
  deleteRetentionPolicy,
  previewUnsavedRetentionPolicy,
  type RetentionPolicyInput,
  type RetentionPolicyUpdate,
  type RetentionRules,
  runMaintenance,
  type SimulationInput,
  simulateRetentionPolicy,
  updateRetentionPolicy,
} from "@/client";
import { ask } from "@/lib/api";
import { keys } from "@/lib/queries";

export function useCreatePolicy() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (body: RetentionPolicyInput) => ask(createRetentionPolicy({ body })),
    onSuccess: refresh,
  });
}

export function useUpdatePolicy(id: string) {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (body: RetentionPolicyUpdate) =>
      ask(updateRetentionPolicy({ path: { policy_id: id }, body })),
    onSuccess: refresh,
  });
}

export function useDeletePolicy(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => ask(deleteRetentionPolicy({ path: { policy_id: id } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: [...keys.retentionPolicies, "list"] }),
  });
}

/** What rules that need not be saved would do to a database's backups now; `rules` null asks nothing. */
export function usePreview(databaseId: string, rules: RetentionRules | null, policyId: string | null) {
  return useQuery({
    queryKey: [...keys.backups, "retention-preview", databaseId, rules, policyId],
    queryFn: () =>
      ask(previewUnsavedRetentionPolicy({ body: { databaseId, policy: rules ?? {}, policyId } })),
    enabled: rules !== null && databaseId !== "",
    placeholderData: keepPreviousData,
  });
}

/** What they would keep of a schedule's backups in the months to come. */
export function useLookAhead(input: SimulationInput, enabled: boolean) {
  return useQuery({
    queryKey: ["retention-simulation", input],
    queryFn: () => ask(simulateRetentionPolicy({ body: input })),
    enabled,
    meta: { onDemand: true },
    placeholderData: keepPreviousData,
  });
}

/** Applies retention to every database now; `acceptClock` says that a clock which leapt is right. */
export function useCleanUp() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (acceptClock: boolean) => ask(runMaintenance({ body: { task: "cleanup", acceptClock } })),
    onSuccess: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: keys.backups }),
        queries.invalidateQueries({ queryKey: keys.status }),
      ]),
  });
}

function useRefresh() {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: keys.retentionPolicies });
}
