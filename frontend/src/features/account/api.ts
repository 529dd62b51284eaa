import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import {
  type CodeInput,
  changeMyPassword,
  confirmSecondFactor,
  type EnrolInput,
  endOtherSessions,
  endSession,
  enrolSecondFactor,
  getSecondFactor,
  listSessions,
  type PasswordInput,
  signOut,
  type TurnOffInput,
  turnOffSecondFactor,
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

const FACTOR = ["second-factor"];

export const secondFactorQuery = () =>
  // Asked for anew only on purpose: or the recovery codes would vanish when the window is looked at again.
  queryOptions({ queryKey: FACTOR, queryFn: () => ask(getSecondFactor()), staleTime: Infinity });

export const useEnrol = () =>
  useMutation({ mutationFn: (body: EnrolInput) => ask(enrolSecondFactor({ body })) });

/** The page reads the state again when the recovery codes were seen: until then they stand there. */
export const useConfirm = () =>
  useMutation({ mutationFn: (body: CodeInput) => ask(confirmSecondFactor({ body })) });

export function useTurnOff() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: TurnOffInput) => ask(turnOffSecondFactor({ body })),
    onSuccess: (state) => queries.setQueryData(FACTOR, state),
  });
}
