import { useMutation, useQueryClient } from "@tanstack/react-query";
import {
  changeProof,
  createDatabase,
  type DatabaseInput,
  type DatabaseTestInput,
  type DatabaseUpdate,
  deleteDatabase,
  type ProofInput,
  testDatabase,
  testUnsavedDatabase,
  updateDatabase,
} from "@/client";
import { ask } from "@/lib/api";
import { keys } from "@/lib/queries";

export function useCreateDatabase() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ body, force }: { body: DatabaseInput; force: boolean }) =>
      ask(createDatabase({ body, query: { force } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: keys.databases }),
  });
}

export function useUpdateDatabase(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ body, force }: { body: DatabaseUpdate; force: boolean }) =>
      ask(updateDatabase({ path: { database_id: id }, body, query: { force } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: keys.databases }),
  });
}

export function useDeleteDatabase() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id, backups }: { id: string; backups: "delete" | "keep" }) =>
      ask(deleteDatabase({ path: { database_id: id }, query: { backups } })),
    onSuccess: async (_, { id }) => {
      queries.removeQueries({ queryKey: keys.database(id) });
      await Promise.all([
        queries.invalidateQueries({ queryKey: keys.databases }),
        queries.invalidateQueries({ queryKey: keys.backups }),
      ]);
    },
  });
}

export function useChangeProof(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: ProofInput) => ask(changeProof({ path: { database_id: id }, body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: keys.databases }),
  });
}

/** Tests a form that is not saved. A failed test is an answer, not an error. */
export function useTestForm() {
  return useMutation({ mutationFn: (body: DatabaseTestInput) => ask(testUnsavedDatabase({ body })) });
}

export function useTestDatabase() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => ask(testDatabase({ path: { database_id: id } })),
    onSettled: () => queries.invalidateQueries({ queryKey: keys.databases }),
  });
}
