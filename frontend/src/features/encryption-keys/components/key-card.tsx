import { Archive, CircleCheck, FileKey, Hourglass, KeyRound, LifeBuoy, Trash2 } from "lucide-react";
import { useState } from "react";
import type { EncryptionKeyView } from "@/client";
import { Allowed } from "@/components/access/allowed";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy-button";
import { Notice } from "@/components/ui/notice";
import { Time } from "@/components/ui/time";
import { describeError } from "@/lib/api-error";
import { formatCount } from "@/lib/format";
import { toast } from "@/lib/toast";
import { useActivateKey, useDownloadKey } from "../api";
import { DeleteKey, RetireKey } from "./end-key";

export function KeyCard({ encryptionKey: key }: { encryptionKey: EncryptionKeyView }) {
  const [asking, setAsking] = useState<"retire" | "delete" | null>(null);
  const download = useDownloadKey();
  const activate = useActivateKey();
  const active = key.state === "active";
  const onlyHere = key.hasIdentity && !key.downloadedAt;
  const failed = (error: unknown) => toast.error(describeError(error));
  return (
    <article aria-label={key.name} className="panel">
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3 px-4 py-3.5">
        <div className="min-w-0 flex-1 basis-80">
          <h2 className="flex flex-wrap items-center gap-2 font-bold">
            <KeyRound className="size-4.5 shrink-0 text-ink-faint" aria-hidden />
            {key.name}
            {active && onlyHere ? (
              <Badge tone="warn" icon={Hourglass}>
                Not in use yet
              </Badge>
            ) : active ? (
              <Badge tone="ok" icon={CircleCheck}>
                Active
              </Badge>
            ) : (
              <Badge icon={Archive}>Retired</Badge>
            )}
            {key.kind === "openpgp" ? <Badge>OpenPGP</Badge> : null}
            {key.recovery ? (
              <Badge tone="accent" icon={LifeBuoy}>
                Recovery
              </Badge>
            ) : null}
          </h2>
          <p className="mt-0.5 flex items-start gap-1 font-mono text-sm text-ink-faint">
            <span className="min-w-0 break-all">{key.recipient}</span>
            <CopyButton
              text={key.publicKey ?? key.recipient}
              label={`Copy the ${key.publicKey ? "public key" : "recipient"} of ${key.name}`}
            />
          </p>
          <p className="mt-1 text-sm text-ink-soft">
            {formatCount(key.backups)} {key.backups === 1 ? "backup" : "backups"} · made{" "}
            <Time value={key.createdAt} /> · {whereItIs(key)}
            {key.hasIdentity && key.downloadedAt ? <Time value={key.downloadedAt} /> : null}
          </p>
          {key.comment ? <p className="mt-1 text-sm text-ink-soft">{key.comment}</p> : null}
        </div>
        <Allowed to="system.configure">
          <div className="flex flex-wrap gap-2">
            {key.hasIdentity ? (
              <Button
                size="sm"
                variant={key.downloadedAt ? "secondary" : "primary"}
                busy={download.isPending}
                onClick={() => download.mutate(key, { onError: failed })}
              >
                <FileKey aria-hidden />
                Download the key file
              </Button>
            ) : null}
            {active ? (
              <Button size="sm" onClick={() => setAsking("retire")}>
                Retire
              </Button>
            ) : (
              <Button
                size="sm"
                busy={activate.isPending}
                onClick={() => activate.mutate(key.id, { onError: failed })}
              >
                Make active
              </Button>
            )}
            {active ? null : (
              <Button
                variant="ghost"
                size="icon"
                aria-label={`Delete ${key.name}`}
                onClick={() => setAsking("delete")}
              >
                <Trash2 aria-hidden />
              </Button>
            )}
          </div>
        </Allowed>
      </div>
      {onlyHere ? (
        <div className="border-t p-4">
          <Notice tone="warn" title="This key is only on this machine">
            If the machine is lost, so is every backup encrypted to it. Download the key file and keep it
            elsewhere; until then no backup is encrypted to it.
          </Notice>
        </div>
      ) : null}
      <RetireKey encryptionKey={key} open={asking === "retire"} onClose={() => setAsking(null)} />
      <DeleteKey encryptionKey={key} open={asking === "delete"} onClose={() => setAsking(null)} />
    </article>
  );
}

function whereItIs(key: EncryptionKeyView): string {
  if (!key.hasIdentity) return "private key kept elsewhere";
  return key.downloadedAt ? "private key here, and downloaded " : "private key only here";
}
