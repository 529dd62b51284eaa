import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import {
  createUser,
  deleteUser,
  listUsers,
  resetSecondFactor,
  type UserInput,
  type UserUpdate,
  type UserView,
  updateUser,
} from "@/client";
import { ask } from "@/lib/api";
import { showEarly } from "@/lib/optimistic";
import { keys } from "@/lib/queries";

export const usersQuery = () => queryOptions({ queryKey: keys.users, queryFn: () => ask(listUsers()) });

export const useAddUser = () => useUserMutation((body: UserInput) => ask(createUser({ body })));

export const useChangeUser = (id: string) =>
  useUserMutation((body: UserUpdate) => ask(updateUser({ path: { user_id: id }, body })));

/** Lets a user in or keeps them out; shown at once, and taken back when the server refuses. */
export function useDisableUser(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (disabled: boolean) => ask(updateUser({ path: { user_id: id }, body: { disabled } })),
    onMutate: (disabled) => showEarly<UserView>(queries, keys.users, id, { disabled }),
    onError: (_error, _disabled, undo) => undo?.(),
    onSettled: () => queries.invalidateQueries({ queryKey: keys.users }),
  });
}

export const useDeleteUser = (id: string) =>
  useUserMutation(() => ask(deleteUser({ path: { user_id: id } })));

export const useResetSecondFactor = (id: string) =>
  useUserMutation(() => ask(resetSecondFactor({ path: { user_id: id } })));

function useUserMutation<Input, Result>(mutationFn: (input: Input) => Promise<Result>) {
  const queries = useQueryClient();
  return useMutation({ mutationFn, onSuccess: () => queries.invalidateQueries({ queryKey: keys.users }) });
}
