import type { EncryptionKeyView } from "@/client";

/** The key new backups are encrypted to. */
export function activeKey(keys: EncryptionKeyView[]): EncryptionKeyView | undefined {
  return keys.find((key) => key.state === "active" && !key.recovery);
}
