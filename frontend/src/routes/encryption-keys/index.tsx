import { createFileRoute } from "@tanstack/react-router";
import { signingKeyQuery } from "@/features/encryption-keys/api";
import { EncryptionKeysPage } from "@/features/encryption-keys/components/encryption-keys-page";
import { encryptionKeysQuery } from "@/lib/queries";
import { ready } from "@/lib/ready";

export const Route = createFileRoute("/encryption-keys/")({
  loader: ({ context }) => ready(context.queryClient, encryptionKeysQuery(), signingKeyQuery()),
  component: EncryptionKeysPage,
});
