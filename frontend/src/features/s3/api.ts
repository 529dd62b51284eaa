import { useMutation, useQueryClient } from "@tanstack/react-query";
import {
  createS3Config,
  deleteS3Config,
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

function useRefresh() {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: keys.s3Configs });
}
