import { useMutation, useQueryClient } from "@tanstack/react-query";
import {
  acknowledgeAnomalies,
  type BackupInput,
  type BackupView,
  cancelBackup,
  cancelVerification,
  createBackup,
  deleteBackup,
  pinBackup,
  uploadBackup,
  type VerifyInput,
  verifyBackup,
} from "@/client";
import { ask } from "@/lib/api";
import { showEarly } from "@/lib/optimistic";
import { keys } from "@/lib/queries";

export function useCreateBackup() {
  const refresh = useRefresh();
  return useMutation({ mutationFn: (body: BackupInput) => ask(createBackup({ body })), onSuccess: refresh });
}

export function useCancelBackup(id: string) {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: () => ask(cancelBackup({ path: { backup_id: id } })),
    onSuccess: refresh,
  });
}

/** Shows the pin at once and takes it back when the server refuses. */
export function usePinBackup(id: string) {
  const queries = useQueryClient();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (pinned: boolean) => ask(pinBackup({ path: { backup_id: id }, body: { pinned } })),
    onMutate: (pinned) => showEarly<BackupView>(queries, keys.backups, id, { pinned }),
    onError: (_error, _pinned, undo) => undo?.(),
    onSettled: refresh,
  });
}

export function useUploadBackup(id: string) {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (s3ConfigIds: string[]) =>
      ask(uploadBackup({ path: { backup_id: id }, body: { s3ConfigIds } })),
    onSuccess: refresh,
  });
}

export function useDeleteBackup(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => ask(deleteBackup({ path: { backup_id: id } })),
    onSuccess: async () => {
      queries.removeQueries({ queryKey: keys.backup(id) });
      await Promise.all([
        queries.invalidateQueries({ queryKey: [...keys.backups, "list"] }),
        queries.invalidateQueries({ queryKey: keys.databases }),
      ]);
    },
  });
}

export function useVerifyBackup(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: VerifyInput) => ask(verifyBackup({ path: { backup_id: id }, body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: keys.verifications }),
  });
}

export function useAcknowledge(id: string) {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: () => ask(acknowledgeAnomalies({ path: { backup_id: id } })),
    onSuccess: refresh,
  });
}

export function useCancelVerification(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => ask(cancelVerification({ path: { verification_id: id } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: keys.verifications }),
  });
}

function useRefresh() {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: keys.backups });
}
