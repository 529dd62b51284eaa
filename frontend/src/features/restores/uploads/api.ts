import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { checkRestoreUpload, deleteRestoreUpload, listRestoreUploads } from "@/client";
import { ask } from "@/lib/api";
import { keys } from "@/lib/queries";

export const uploadsQuery = () =>
  queryOptions({
    queryKey: keys.uploads,
    queryFn: () => ask(listRestoreUploads()),
    // The events tell; this is for when they can't.
    refetchInterval: ({ state }) => (state.data?.some(({ state }) => state === "checking") ? 3_000 : false),
  });

export function useDeleteUpload() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => ask(deleteRestoreUpload({ path: { upload_id: id } })),
    onSettled: () => queries.invalidateQueries({ queryKey: keys.uploads }),
  });
}

export function useCheckAgain() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => ask(checkRestoreUpload({ path: { upload_id: id } })),
    onSettled: () => queries.invalidateQueries({ queryKey: keys.uploads }),
  });
}
