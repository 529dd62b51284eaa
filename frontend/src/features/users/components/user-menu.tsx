import { Ban, CircleCheck, Ellipsis, Pencil, ShieldOff, Trash2 } from "lucide-react";
import { useState } from "react";
import type { UserView } from "@/client";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { Menu, MenuItem } from "@/components/ui/menu";
import { MenuSeparator } from "@/components/ui/menu-separator";
import { describeError } from "@/lib/api-error";
import { toast } from "@/lib/toast";
import { useDeleteUser, useDisableUser, useResetSecondFactor } from "../api";
import { UserDialog } from "./user-dialog";

interface UserMenuProps {
  user: UserView;
}

/** What an administrator can do about a user. */
export function UserMenu({ user }: UserMenuProps) {
  const [open, setOpen] = useState<"edit" | "delete" | null>(null);
  const disable = useDisableUser(user.id);
  const remove = useDeleteUser(user.id);
  const reset = useResetSecondFactor(user.id);
  const failed = (error: unknown) =>
    toast.error(`${user.username} was not changed`, { description: describeError(error) });

  return (
    <>
      <Menu
        trigger={
          <Button
            variant="ghost"
            size="icon"
            aria-label={`More for ${user.username}`}
            busy={disable.isPending}
          >
            {disable.isPending ? null : <Ellipsis aria-hidden />}
          </Button>
        }
      >
        <MenuItem icon={<Pencil aria-hidden />} onSelect={() => setOpen("edit")}>
          Edit, or set a password
        </MenuItem>
        <MenuItem
          icon={user.disabled ? <CircleCheck aria-hidden /> : <Ban aria-hidden />}
          onSelect={() => disable.mutate(!user.disabled, { onError: failed })}
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
    </>
  );
}
