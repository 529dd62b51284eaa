import { useQuery } from "@tanstack/react-query";
import { Download, KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { Allowed } from "@/components/access/allowed";
import { ErrorState } from "@/components/layout/error-state";
import { PageHeader } from "@/components/layout/page-header";
import { Button } from "@/components/ui/button";
import { Empty } from "@/components/ui/empty";
import { Skeleton } from "@/components/ui/skeleton";
import { encryptionKeysQuery } from "@/lib/queries";
import { GenerateKey } from "./generate-key";
import { ImportKey } from "./import-key";
import { KeyCard } from "./key-card";
import { RecoveryKit } from "./recovery-kit";

export function EncryptionKeysPage() {
  const keys = useQuery(encryptionKeysQuery());
  const [open, setOpen] = useState<"generate" | "import" | null>(null);
  const close = () => setOpen(null);
  const actions = (
    <Allowed to="system.configure">
      <Button onClick={() => setOpen("import")}>
        <Download aria-hidden />
        Import a key
      </Button>
      <Button variant="primary" onClick={() => setOpen("generate")}>
        <Plus aria-hidden />
        Generate a key
      </Button>
    </Allowed>
  );
  return (
    <>
      <PageHeader
        title="Encryption keys"
        meta="New backups are encrypted to the active key, before anything touches disk or S3. Retired keys open the old ones."
        actions={keys.data?.length ? actions : undefined}
      />
      {keys.isError ? (
        <ErrorState title="The keys could not be loaded" error={keys.error} onRetry={() => keys.refetch()} />
      ) : keys.isPending ? (
        <div role="status" aria-label="Loading keys">
          <Skeleton className="h-32" />
        </div>
      ) : keys.data.length === 0 ? (
        <Empty icon={KeyRound} title="Backups are not encrypted" actions={actions}>
          With a key, nobody who gets at the disk or the bucket can read a backup. The files are in the age
          format or in OpenPGP: the key file and the age tool, or gpg, open them without this product.
        </Empty>
      ) : (
        <div className="space-y-4">
          {keys.data.map((key) => (
            <KeyCard key={key.id} encryptionKey={key} />
          ))}
        </div>
      )}
      <RecoveryKit />
      <GenerateKey open={open === "generate"} onClose={close} />
      <ImportKey open={open === "import"} onClose={close} />
    </>
  );
}
