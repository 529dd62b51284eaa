import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type Me, type SetupInput, type SignInInput, setUp, signIn } from "@/client";
import { meQuery } from "@/lib/access";
import { ask } from "@/lib/api";

export const useSignIn = () => useEntrance((body: SignInInput) => ask(signIn({ body })));

export const useSetUp = () => useEntrance((body: SetupInput) => ask(setUp({ body })));

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
