import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import {
  createS3Config,
  deleteS3Config,
  rebuildCatalogue,
  type S3ConfigInput,
  type S3ConfigUpdate,
  type S3TestInput,
  testS3Config,
  testUnsavedS3Config,
  updateS3Config,
} from "@/client";
import { ask } from "@/lib/api";
import { keys } from "@/lib/queries";

export function useCreateS3Config() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (body: S3ConfigInput) => ask(createS3Config({ body })),
    onSuccess: refresh,
  });
}

export function useUpdateS3Config(id: string) {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (body: S3ConfigUpdate) => ask(updateS3Config({ path: { config_id: id }, body })),
    onSuccess: refresh,
  });
}

export function useDeleteS3Config(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => ask(deleteS3Config({ path: { config_id: id } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: [...keys.s3Configs, "list"] }),
  });
}

/** Tests a form that is not saved. Each step says how it went; a failed step is an answer, not an error. */
export function useTestS3Form() {
  return useMutation({ mutationFn: (body: S3TestInput) => ask(testUnsavedS3Config({ body })) });
}

export function useTestS3Config(id: string) {
  return useMutation({ mutationFn: () => ask(testS3Config({ path: { config_id: id } })) });
}

/** Looks through a storage for backups that are not listed; `configId` null is the local disk. Changes nothing. */
export function useFoundBackups(s3ConfigId: string | null, instanceId: string | null) {
  return useQuery({
    queryKey: ["found-backups", s3ConfigId, instanceId],
    queryFn: () => ask(rebuildCatalogue({ body: { s3ConfigId, instanceId, dryRun: true } })),
    placeholderData: keepPreviousData,
    gcTime: 0,
    meta: { onDemand: true },
  });
}

export function useAddFoundBackups(s3ConfigId: string | null, instanceId: string | null) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => ask(rebuildCatalogue({ body: { s3ConfigId, instanceId } })),
    onSuccess: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: keys.backups }),
        queries.invalidateQueries({ queryKey: keys.s3Configs }),
      ]),
  });
}

function useRefresh() {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: keys.s3Configs });
}
