import { CalendarX, Trash2 } from "lucide-react";
import { useState } from "react";
import type { ApiKeyView } from "@/client";
import { RoleBadge } from "@/components/access/role-badge";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { Time } from "@/components/ui/time";
import { describeError } from "@/lib/api-error";
import { toast } from "@/lib/toast";
import { useNow } from "@/lib/use-now";
import { useRevokeApiKey } from "../api";

interface ApiKeyRowProps {
  apiKey: ApiKeyView;
  own: boolean;
}

export function ApiKeyRow({ apiKey: key, own }: ApiKeyRowProps) {
  const [asking, setAsking] = useState(false);
  const revoke = useRevokeApiKey(key.id);
  const now = useNow();
  const expired = key.expiresAt !== null && new Date(key.expiresAt) <= now;
  return (
    <li aria-label={key.name} className="flex items-start gap-4 px-4 py-3">
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-2 font-bold">
          <span className="min-w-0 break-words">{key.name}</span>
          <RoleBadge role={key.role} />
          {expired ? (
            <Badge tone="warn" icon={CalendarX}>
              Expired
            </Badge>
          ) : null}
        </p>
        <p className="mt-0.5 text-sm text-ink-soft">
          <span className="font-mono">{key.prefix}…</span>
          {own ? "" : ` · of ${key.username}`} · last used <Time value={key.lastUsedAt} /> · expires{" "}
          <Time value={key.expiresAt} />
        </p>
      </div>
      <Button variant="ghost" size="icon" aria-label={`Revoke ${key.name}`} onClick={() => setAsking(true)}>
        <Trash2 aria-hidden />
      </Button>
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title={`Revoke ${key.name}?`}
        confirmLabel="Revoke"
        danger
        busy={revoke.isPending}
        onConfirm={() =>
          revoke.mutate(undefined, {
            onSuccess: () => setAsking(false),
            onError: (error) =>
              toast.error(`${key.name} was not revoked`, { description: describeError(error) }),
          })
        }
      >
        <p>Whoever uses it is refused at once. It cannot be brought back; another one can be made.</p>
      </ConfirmDialog>
    </li>
  );
}
