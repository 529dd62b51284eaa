import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import {
  activateEncryptionKey,
  createEncryptionKey,
  deleteEncryptionKey,
  downloadEncryptionKey,
  downloadRecoveryKit,
  type EncryptionKeyImport,
  type EncryptionKeyInput,
  type EncryptionKeyView,
  getSigningKey,
  importEncryptionKey,
  retireEncryptionKey,
} from "@/client";
import { ask, askFile, askText } from "@/lib/api";
import { keys } from "@/lib/queries";
import { saveBlob, saveText } from "@/lib/save-text";

export function useGenerateKey() {
  return useKeyMutation((body: EncryptionKeyInput) => ask(createEncryptionKey({ body })));
}

export function useImportKey() {
  return useKeyMutation((body: EncryptionKeyImport) => ask(importEncryptionKey({ body })));
}

/** Fetches the private key and offers it as a file; the server notes that it left. */
export function useDownloadKey() {
  return useKeyMutation(async (key: EncryptionKeyView) => {
    const text = await askText(downloadEncryptionKey({ path: { key_id: key.id } }));
    const ending = key.kind === "openpgp" ? "asc" : "txt";
    saveText(`${key.kind}-key-${key.name.replace(/[^\w-]+/g, "_")}.${ending}`, text);
  });
}

export function useActivateKey() {
  return useKeyMutation((id: string) => ask(activateEncryptionKey({ path: { key_id: id } })));
}

export function useRetireKey() {
  return useKeyMutation((id: string) => ask(retireEncryptionKey({ path: { key_id: id } })));
}

export function useDeleteKey() {
  return useKeyMutation((id: string) => ask(deleteEncryptionKey({ path: { key_id: id } })));
}

/** Fetches the recovery kit and offers it as a file; the private keys in it count as downloaded. */
export function useDownloadKit() {
  return useKeyMutation(async () => {
    const kit = await askFile(downloadRecoveryKit({ body: { confirm: true }, parseAs: "blob" }));
    saveBlob(`recovery-kit_${new Date().toISOString().slice(0, 10)}.zip`, kit);
  });
}

export const signingKeyQuery = () =>
  queryOptions({ queryKey: ["signing-key"], queryFn: () => ask(getSigningKey()) });

function useKeyMutation<Input, Result>(mutationFn: (input: Input) => Promise<Result>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn,
    onSuccess: () => queries.invalidateQueries({ queryKey: keys.encryptionKeys }),
  });
}
