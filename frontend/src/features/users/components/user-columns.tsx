import { createColumnHelper } from "@tanstack/react-table";
import type { UserView } from "@/client";
import { RoleBadge } from "@/components/access/role-badge";
import type { DataTableFeatures } from "@/components/data-table/features";
import { Time } from "@/components/ui/time";
import { UserMenu } from "./user-menu";
import { UserName } from "./user-name";

const helper = createColumnHelper<DataTableFeatures, UserView>();

/** What each column sorts by. */
export const USER_VALUES = {
  username: (user: UserView) => user.displayName || user.username,
  role: (user: UserView) => ["admin", "operator", "viewer"].indexOf(user.role),
  lastSignInAt: (user: UserView) => user.lastSignInAt,
};

export const userColumns = (ownId: string | null | undefined) =>
  helper.columns([
    helper.accessor("username", {
      header: "Name",
      cell: ({ row: { original: user } }) => <UserName user={user} self={user.id === ownId} />,
    }),
    helper.accessor("role", {
      header: "Role",
      cell: ({ getValue }) => <RoleBadge role={getValue()} />,
    }),
    helper.accessor("lastSignInAt", {
      header: "Last sign-in",
      cell: ({ getValue }) => <Time value={getValue()} className="whitespace-nowrap" />,
    }),
    helper.display({
      id: "actions",
      header: () => <span className="sr-only">Actions</span>,
      cell: ({ row: { original: user } }) => (
        <div className="flex justify-end">
          <UserMenu user={user} />
        </div>
      ),
    }),
  ]);
