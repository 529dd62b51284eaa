import { createRestoreUpload, getRestoreUpload, type RestoreUploadView, sendRestoreUpload } from "@/client";
import { ask } from "@/lib/api";
import { ApiError, isWorthRetrying } from "@/lib/api-error";

export const PIECE_BYTES = 8 * 1024 * 1024;
const MANIFEST_MOST = 8 * 1024 * 1024;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

interface SendOptions {
  /** An unfinished upload of this very file, to go on with. */
  unfinished?: RestoreUploadView;
  manifest?: Record<string, unknown>;
  onProgress: (upload: RestoreUploadView) => void;
  /** Tells that the connection is lost and will be tried again. */
  onWaiting: (waiting: boolean) => void;
  signal: AbortSignal;
}

/** Sends a file piece by piece; a lost connection is waited for, and the server says where to go on. */
export async function sendFile(file: File, options: SendOptions): Promise<RestoreUploadView> {
  const { manifest, onProgress, signal } = options;
  let upload =
    options.unfinished ??
    (await ask(createRestoreUpload({ body: { name: file.name, size: file.size, manifest }, signal })));
  onProgress(upload);
  let wait = FIRST_WAIT_MS;
  while (upload.state === "uploading") {
    try {
      upload = await sendPiece(file, upload, signal);
      wait = FIRST_WAIT_MS;
      options.onWaiting(false);
    } catch (error) {
      signal.throwIfAborted();
      // 409: the server knows of other bytes, perhaps of the piece whose answer was lost.
      const conflict = error instanceof ApiError && error.status === 409;
      if (!conflict && !isWorthRetrying(error)) throw error;
      options.onWaiting(true);
      await pause(wait, signal);
      wait = Math.min(2 * wait, LONGEST_WAIT_MS);
      upload = (await present(upload.id, signal)) ?? upload;
    }
    onProgress(upload);
  }
  return upload;
}

/** Splits what was chosen into the dump and the manifest that lies beside it. */
export async function readChoice(
  files: File[],
): Promise<{ file: File; manifest?: Record<string, unknown> } | null> {
  const manifests = await Promise.all(files.map(readManifest));
  const at = manifests.findIndex(Boolean);
  const file = files.find((_, index) => index !== at);
  return file ? { file, manifest: manifests[at] ?? undefined } : null;
}

async function readManifest(file: File): Promise<Record<string, unknown> | null> {
  if (!file.name.endsWith(".json") || file.size > MANIFEST_MOST) return null;
  try {
    const content: unknown = JSON.parse(await file.text());
    return isManifest(content) ? content : null;
  } catch {
    return null;
  }
}

function isManifest(content: unknown): content is Record<string, unknown> {
  return (
    typeof content === "object" &&
    content !== null &&
    (content as Record<string, unknown>).format === "dbbackup-manifest"
  );
}

function sendPiece(file: File, upload: RestoreUploadView, signal: AbortSignal) {
  return ask(
    sendRestoreUpload({
      path: { upload_id: upload.id },
      headers: { "Upload-Offset": upload.offset },
      body: file.slice(upload.offset, upload.offset + PIECE_BYTES),
      signal,
    }),
  );
}

/** What the server has by now; null while it does not answer. */
async function present(id: string, signal: AbortSignal): Promise<RestoreUploadView | null> {
  try {
    return await ask(getRestoreUpload({ path: { upload_id: id }, signal }));
  } catch (error) {
    if (isWorthRetrying(error)) return null;
    throw error;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}
