import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import {
  changeMyPassword,
  endOtherSessions,
  endSession,
  listSessions,
  type PasswordInput,
  signOut,
} from "@/client";
import { ask } from "@/lib/api";

const KEY = ["sessions"];

export const sessionsQuery = () => queryOptions({ queryKey: KEY, queryFn: () => ask(listSessions()) });

export const useEndSession = () =>
  useSessionMutation((id: string) => ask(endSession({ path: { session_id: id } })));

export const useEndOtherSessions = () => useSessionMutation(() => ask(endOtherSessions()));

export const useChangePassword = () =>
  useSessionMutation((body: PasswordInput) => ask(changeMyPassword({ body })));

export const useSignOut = () => useMutation({ mutationFn: () => ask(signOut()) });

function useSessionMutation<Input, Result>(mutationFn: (input: Input) => Promise<Result>) {
  const queries = useQueryClient();
  return useMutation({ mutationFn, onSuccess: () => queries.invalidateQueries({ queryKey: KEY }) });
}
