import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import {
  createUser,
  deleteUser,
  listUsers,
  resetSecondFactor,
  type UserInput,
  type UserUpdate,
  updateUser,
} from "@/client";
import { ask } from "@/lib/api";

const KEY = ["users"];

export const usersQuery = () => queryOptions({ queryKey: KEY, queryFn: () => ask(listUsers()) });

export const useAddUser = () => useUserMutation((body: UserInput) => ask(createUser({ body })));

export const useChangeUser = (id: string) =>
  useUserMutation((body: UserUpdate) => ask(updateUser({ path: { user_id: id }, body })));

export const useDeleteUser = (id: string) =>
  useUserMutation(() => ask(deleteUser({ path: { user_id: id } })));

export const useResetSecondFactor = (id: string) =>
  useUserMutation(() => ask(resetSecondFactor({ path: { user_id: id } })));

function useUserMutation<Input, Result>(mutationFn: (input: Input) => Promise<Result>) {
  const queries = useQueryClient();
  return useMutation({ mutationFn, onSuccess: () => queries.invalidateQueries({ queryKey: KEY }) });
}
