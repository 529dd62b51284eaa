import { useMutation, useQueryClient } from "@tanstack/react-query";
import {
  activateEncryptionKey,
  createEncryptionKey,
  deleteEncryptionKey,
  downloadEncryptionKey,
  type EncryptionKeyImport,
  type EncryptionKeyInput,
  type EncryptionKeyView,
  importEncryptionKey,
  retireEncryptionKey,
} from "@/client";
import { ask, askText } from "@/lib/api";
import { keys } from "@/lib/queries";
import { saveText } from "@/lib/save-text";

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
    saveText(`age-key-${key.name.replace(/[^\w-]+/g, "_")}.txt`, text);
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

function useKeyMutation<Input, Result>(mutationFn: (input: Input) => Promise<Result>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn,
    onSuccess: () => queries.invalidateQueries({ queryKey: keys.encryptionKeys }),
  });
}
