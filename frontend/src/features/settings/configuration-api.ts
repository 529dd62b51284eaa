import { useMutation, useQueryClient } from "@tanstack/react-query";
import { exportConfig, importConfig } from "@/client";
import { ask, askFile } from "@/lib/api";
import { saveBlob } from "@/lib/save-text";

/** Fetches the configuration and offers it as a file; the private keys in it count as downloaded. */
export function useExportConfig() {
  return useMutation({
    mutationFn: async (form: { passphrase: string; privateKeys: boolean }) => {
      const file = await askFile(exportConfig({ body: form, parseAs: "blob" }));
      saveBlob(`dbbackup-configuration_${new Date().toISOString().slice(0, 10)}.json`, file);
    },
  });
}

export interface ConfigFile {
  name: string;
  content: Record<string, unknown>;
}

/** Tells what a file would change, or with `dryRun` false changes it. */
export function useImportConfig() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (form: { file: ConfigFile; passphrase: string; dryRun: boolean }) =>
      ask(importConfig({ body: { ...form, file: form.file.content } })),
    onSuccess: (report) => (report.dryRun ? undefined : queries.invalidateQueries()),
  });
}

/** Reads the file that was chosen. Throws when it is no JSON object. */
export async function readConfigFile(file: File): Promise<ConfigFile> {
  const content: unknown = JSON.parse(await file.text());
  if (typeof content !== "object" || content === null || Array.isArray(content))
    throw new Error("no JSON object");
  return { name: file.name, content: content as Record<string, unknown> };
}
