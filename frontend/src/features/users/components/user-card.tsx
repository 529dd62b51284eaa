import type { UserView } from "@/client";
import { RoleBadge } from "@/components/access/role-badge";
import { Time } from "@/components/ui/time";
import { UserMenu } from "./user-menu";
import { UserName } from "./user-name";

interface UserCardProps {
  user: UserView;
  self: boolean;
}

/** A user on the phone. */
export function UserCard({ user, self }: UserCardProps) {
  return (
    <div className="flex items-start justify-between gap-3">
      <div className="min-w-0 space-y-1.5">
        <UserName user={user} self={self} />
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-ink-soft">
          <RoleBadge role={user.role} />
          <span>
            last sign-in <Time value={user.lastSignInAt} />
          </span>
        </p>
      </div>
      <UserMenu user={user} />
    </div>
  );
}
