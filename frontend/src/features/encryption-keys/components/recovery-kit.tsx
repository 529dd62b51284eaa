import { useQuery } from "@tanstack/react-query";
import { LifeBuoy } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { CopyButton } from "@/components/ui/copy-button";
import { Fact, Facts } from "@/components/ui/facts";
import { Section } from "@/components/ui/section";
import { describeError } from "@/lib/api-error";
import { toast } from "@/lib/toast";
import { signingKeyQuery, useDownloadKit } from "../api";

/** All that restores the backups without this product, to download; and the key that manifests are signed with. */
export function RecoveryKit() {
  const [asking, setAsking] = useState(false);
  const download = useDownloadKit();
  const key = useQuery(signingKeyQuery());
  const start = () =>
    download.mutate(undefined, {
      onSuccess: () => setAsking(false),
      onError: (error) => toast.error("There is no kit", { description: describeError(error) }),
    });
  return (
    <Section
      title="Recovery kit"
      className="mt-6"
      aside={
        <Button size="sm" onClick={() => setAsking(true)}>
          <LifeBuoy aria-hidden />
          Download the kit
        </Button>
      }
    >
      <p className="max-w-prose text-ink-soft">
        A ZIP with the private keys, the newest manifests, where their files lie, and the commands that
        restore them with standard tools. With it you need neither this machine nor this product. Download it
        again when keys or databases change.
      </p>
      {key.data ? (
        <Facts className="mt-2 -mb-2">
          <Fact name="Manifests are signed with" mono>
            <span className="flex items-start gap-1">
              <span className="min-w-0">{key.data.fingerprint}</span>
              <CopyButton text={key.data.fingerprint} label="Copy the fingerprint" />
            </span>
          </Fact>
        </Facts>
      ) : null}
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title="Download the recovery kit?"
        confirmLabel="Download"
        busy={download.isPending}
        onConfirm={start}
      >
        <p>
          It holds the private keys of all encrypted backups. Whoever has it and the files of a backup can
          read the database: keep it like the key of a safe, and not beside the backups.
        </p>
      </ConfirmDialog>
    </Section>
  );
}
