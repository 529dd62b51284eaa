import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { RestoreUploadView } from "@/client";
import { describeError } from "@/lib/api-error";
import { keys } from "@/lib/queries";
import { readChoice, sendFile } from "./send-file";

interface Sending {
  name: string;
  upload: RestoreUploadView | null;
  waiting: boolean;
}

/** One upload at a time; it ends when the page is left, and can be gone on with later. */
export function useUpload(known: RestoreUploadView[], onSent: (upload: RestoreUploadView) => void) {
  const [sending, setSending] = useState<Sending | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const queries = useQueryClient();
  const abort = useRef<AbortController>(undefined);
  useEffect(() => () => abort.current?.abort(), []);

  async function start(files: File[]) {
    setProblem(null);
    const chosen = await readChoice(files);
    if (!chosen) {
      setProblem("Choose the dump itself; its manifest (.json) may come along.");
      return;
    }
    const { file, manifest } = chosen;
    const controller = new AbortController();
    abort.current = controller;
    setSending({ name: file.name, upload: null, waiting: false });
    try {
      const upload = await sendFile(file, {
        unfinished: known.find(
          ({ state, name, size }) => state === "uploading" && name === file.name && size === file.size,
        ),
        manifest,
        onProgress: (now) => setSending((old) => old && { ...old, upload: now }),
        onWaiting: (waiting) => setSending((old) => old && { ...old, waiting }),
        signal: controller.signal,
      });
      onSent(upload);
    } catch (error) {
      if (!controller.signal.aborted) setProblem(describeError(error));
    } finally {
      setSending(null);
      void queries.invalidateQueries({ queryKey: keys.uploads });
    }
  }

  return { sending, problem, start, stop: () => abort.current?.abort() };
}
