import { useMutation, useQueryClient } from "@tanstack/react-query";
import {
  finishOidcSignIn,
  type Me,
  type OidcAnswerInput,
  type SetupInput,
  type SignInInput,
  setUp,
  signIn,
  startOidcSignIn,
} from "@/client";
import { meQuery } from "@/lib/access";
import { ask } from "@/lib/api";
import { leaveTo } from "@/lib/leave";

export const useSignIn = () => useEntrance((body: SignInInput) => ask(signIn({ body })));

export const useSetUp = () => useEntrance((body: SetupInput) => ask(setUp({ body })));

/** Ask where the provider of single sign-on is, and go there. */
export const useStartSingleSignOn = () =>
  useMutation({
    mutationFn: () => ask(startOidcSignIn()),
    onSuccess: ({ url }) => leaveTo(url),
  });

export const useFinishSingleSignOn = () =>
  useEntrance((body: OidcAnswerInput) => ask(finishOidcSignIn({ body })));

/** Whoever comes in sees nothing that the one before them had loaded. */
function useEntrance<Input>(mutationFn: (input: Input) => Promise<Me>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn,
    onSuccess: (me) => {
      queries.clear();
      queries.setQueryData(meQuery().queryKey, me);
    },
  });
}
