import { Ban, ShieldCheck } from "lucide-react";
import type { UserView } from "@/client";
import { Badge } from "@/components/ui/badge";

interface UserNameProps {
  user: UserView;
  self: boolean;
}

/** Who it is, and what is out of the ordinary about the account. */
export function UserName({ user, self }: UserNameProps) {
  return (
    <span className="block min-w-0">
      <span className="flex flex-wrap items-center gap-2 font-semibold">
        <span className="min-w-0 break-words">{user.displayName || user.username}</span>
        {self ? <Badge>You</Badge> : null}
        {user.disabled ? (
          <Badge tone="warn" icon={Ban}>
            Disabled
          </Badge>
        ) : null}
        {user.secondFactor ? (
          <ShieldCheck className="size-4 text-ok" aria-label="Signs in with a second factor" />
        ) : null}
      </span>
      <span className="text-sm text-ink-faint">
        {user.displayName ? user.username : ""}
        {user.displayName && user.provider !== "local" ? " · " : ""}
        {user.provider === "local" ? "" : user.provider}
      </span>
    </span>
  );
}
