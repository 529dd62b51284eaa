import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { type ApiKeyInput, createApiKey, deleteApiKey, listApiKeys } from "@/client";
import { ask } from "@/lib/api";

const KEY = ["api-keys"];

export const apiKeysQuery = () => queryOptions({ queryKey: KEY, queryFn: () => ask(listApiKeys()) });

export const useMakeApiKey = () => useKeyMutation((body: ApiKeyInput) => ask(createApiKey({ body })));

export const useRevokeApiKey = (id: string) =>
  useKeyMutation(() => ask(deleteApiKey({ path: { key_id: id } })));

function useKeyMutation<Input, Result>(mutationFn: (input: Input) => Promise<Result>) {
  const queries = useQueryClient();
  return useMutation({ mutationFn, onSuccess: () => queries.invalidateQueries({ queryKey: KEY }) });
}
