import { Ban, CircleCheck, Ellipsis, Pencil, ShieldOff, Trash2 } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import type { UserView } from "@/client";
import { RoleBadge } from "@/components/access/role-badge";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { Menu, MenuItem } from "@/components/ui/menu";
import { MenuSeparator } from "@/components/ui/menu-separator";
import { Time } from "@/components/ui/time";
import { describeError } from "@/lib/api-error";
import { useChangeUser, useDeleteUser, useResetSecondFactor } from "../api";
import { UserDialog } from "./user-dialog";

interface UserCardProps {
  user: UserView;
  self: boolean;
}

export function UserCard({ user, self }: UserCardProps) {
  const [open, setOpen] = useState<"edit" | "delete" | null>(null);
  const change = useChangeUser(user.id);
  const remove = useDeleteUser(user.id);
  const reset = useResetSecondFactor(user.id);
  const failed = (error: unknown) =>
    toast.error(`${user.username} was not changed`, { description: describeError(error) });

  return (
    <li aria-label={user.username} className="flex items-start gap-4 px-4 py-3">
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-2 font-bold">
          <span className="min-w-0 break-words">{user.displayName || user.username}</span>
          <RoleBadge role={user.role} />
          {user.disabled ? (
            <Badge tone="warn" icon={Ban}>
              Disabled
            </Badge>
          ) : null}
          {self ? <Badge>You</Badge> : null}
        </p>
        <p className="mt-0.5 text-sm text-ink-soft">
          {user.displayName ? `${user.username} · ` : ""}
          {user.provider === "local" ? "" : `${user.provider} · `}
          last sign-in <Time value={user.lastSignInAt} />
        </p>
      </div>
      <Menu
        trigger={
          <Button
            variant="ghost"
            size="icon"
            aria-label={`More for ${user.username}`}
            busy={change.isPending}
          >
            {change.isPending ? null : <Ellipsis aria-hidden />}
          </Button>
        }
      >
        <MenuItem icon={<Pencil aria-hidden />} onSelect={() => setOpen("edit")}>
          Edit, or set a password
        </MenuItem>
        <MenuItem
          icon={user.disabled ? <CircleCheck aria-hidden /> : <Ban aria-hidden />}
          onSelect={() => change.mutate({ disabled: !user.disabled }, { onError: failed })}
        >
          {user.disabled ? "Enable" : "Disable"}
        </MenuItem>
        {user.secondFactor ? (
          <MenuItem
            icon={<ShieldOff aria-hidden />}
            onSelect={() => reset.mutate(undefined, { onError: failed })}
          >
            Turn off the second factor
          </MenuItem>
        ) : null}
        <MenuSeparator />
        <MenuItem icon={<Trash2 aria-hidden />} danger onSelect={() => setOpen("delete")}>
          Delete…
        </MenuItem>
      </Menu>
      {open === "edit" ? <UserDialog user={user} onClose={() => setOpen(null)} /> : null}
      <ConfirmDialog
        open={open === "delete"}
        onOpenChange={() => setOpen(null)}
        title={`Delete ${user.username}?`}
        confirmLabel="Delete"
        danger
        busy={remove.isPending}
        onConfirm={() => remove.mutate(undefined, { onSuccess: () => setOpen(null), onError: failed })}
      >
        <p>All sessions and API keys of {user.username} end at once.</p>
        <p>
          The audit log keeps what was done, under an id that names nobody any more. To keep the name there,
          disable the user instead.
        </p>
      </ConfirmDialog>
    </li>
  );
}
