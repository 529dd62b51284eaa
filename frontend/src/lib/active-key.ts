import type { EncryptionKeyView } from "@/client";

export type Encryption = "age" | "openpgp" | "none";

export const ENCRYPTIONS = ["age", "openpgp", "none"] as const;

/** The keys new backups can be encrypted to: one of each kind, age first, as the server chooses. */
export function activeKeys(keys: EncryptionKeyView[]): EncryptionKeyView[] {
  return ENCRYPTIONS.flatMap((kind) =>
    keys.filter((key) => key.kind === kind && key.state === "active" && !key.recovery),
  );
}

/** How new backups are encrypted when nothing else is said. */
export function defaultEncryption(keys: EncryptionKeyView[]): Encryption {
  return (activeKeys(keys)[0]?.kind as Encryption | undefined) ?? "none";
}
