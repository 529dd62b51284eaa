import { useQuery } from "@tanstack/react-query";
import { UserPlus, Users } from "lucide-react";
import { useMemo, useState } from "react";
import { DataTable } from "@/components/data-table/data-table";
import { type Sort, sortRows } from "@/components/data-table/sort";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { ErrorState } from "@/components/layout/error-state";
import { PageHeader } from "@/components/layout/page-header";
import { Button } from "@/components/ui/button";
import { Empty } from "@/components/ui/empty";
import { Notice } from "@/components/ui/notice";
import { useMe } from "@/lib/access";
import { usersQuery } from "../api";
import { UserCard } from "./user-card";
import { USER_VALUES, userColumns } from "./user-columns";
import { UserDialog } from "./user-dialog";

interface UsersPageProps {
  /** A column, a minus before it for descending. */
  sort: Sort;
  onSort: (sort: Sort) => void;
}

export function UsersPage({ sort, onSort }: UsersPageProps) {
  const users = useQuery(usersQuery());
  const me = useMe();
  const columns = useMemo(() => userColumns(me?.userId), [me?.userId]);
  const [adding, setAdding] = useState(false);
  // There from the start, users or not: a button that came with the list would push it down.
  const add = (
    <Button variant="primary" onClick={() => setAdding(true)}>
      <UserPlus aria-hidden />
      Add a user
    </Button>
  );
  return (
    <>
      <PageHeader title="Users" meta="Who may sign in, and what they may do." actions={add} />
      {me?.authMode === "none" ? (
        <Notice tone="warn" title="Nobody has to sign in yet" className="mb-5">
          The server runs with AUTH_MODE=none. Add an administrator here, then start it with AUTH_MODE=local.
        </Notice>
      ) : null}
      {users.isError ? (
        <ErrorState
          title="The users could not be loaded"
          error={users.error}
          onRetry={() => users.refetch()}
        />
      ) : users.isPending ? (
        <div className="panel">
          <TableSkeleton label="Loading users" rows={4} />
        </div>
      ) : users.data.length === 0 ? (
        <Empty icon={Users} title="No user yet">
          Give everybody a name of their own: the audit log then tells who did what.
        </Empty>
      ) : (
        <div className="panel">
          <DataTable
            caption="Users"
            columns={columns}
            rows={sortRows(users.data, sort, USER_VALUES)}
            rowId={(user) => user.id}
            renderCard={(user) => <UserCard user={user} self={user.id === me?.userId} />}
            sort={sort}
            onSort={onSort}
          />
        </div>
      )}
      {adding ? <UserDialog onClose={() => setAdding(false)} /> : null}
    </>
  );
}
