import { createFileRoute } from "@tanstack/react-router";
import { EncryptionKeysPage } from "@/features/encryption-keys/components/encryption-keys-page";

export const Route = createFileRoute("/encryption-keys/")({ component: EncryptionKeysPage });
