import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import {
  type ContentsInput,
  cancelRestore,
  createRestore,
  getSourceContents,
  preflightRestore,
  type RestoreInput,
  type RestorePlanInput,
  releaseRestore,
  undoRestore,
} from "@/client";
import { ask } from "@/lib/api";
import { isWorthRetrying } from "@/lib/api-error";
import { keys } from "@/lib/queries";

/** What the restore would meet. Asked anew whenever the plan changes. */
export const preflightQuery = (plan: RestorePlanInput) =>
  queryOptions({
    queryKey: ["preflight", plan],
    queryFn: () => ask(preflightRestore({ body: plan })),
    staleTime: 5_000,
    gcTime: 60_000,
    meta: { onDemand: true },
    retry: (failures, error) => failures < 1 && isWorthRetrying(error),
  });

/** What is in a source. Read from the front of the backup itself, which does not change. */
export const contentsQuery = (source: ContentsInput) =>
  queryOptions({
    queryKey: ["contents", source],
    queryFn: () => ask(getSourceContents({ body: source })),
    staleTime: Number.POSITIVE_INFINITY,
    meta: { onDemand: true },
    retry: (failures, error) => failures < 1 && isWorthRetrying(error),
  });

export type Confirmation = Pick<RestoreInput, "confirmName" | "idempotencyKey">;

export function useCreateRestore() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ plan, ...confirmation }: Confirmation & { plan: RestorePlanInput }) =>
      ask(createRestore({ body: { ...plan, ...confirmation, confirm: true } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: keys.restores }),
  });
}

export function useCancelRestore(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => ask(cancelRestore({ path: { restore_id: id } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: keys.restores }),
  });
}

/** Starts the run that takes a restore back, and returns it. */
export function useUndoRestore(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (stopConnections: boolean) =>
      ask(undoRestore({ path: { restore_id: id }, body: { confirm: true, stopConnections } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: keys.restores }),
  });
}

export function useReleaseRestore(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => ask(releaseRestore({ path: { restore_id: id } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: keys.restores }),
  });
}
