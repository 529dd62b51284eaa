import { useQuery } from "@tanstack/react-query";
import { UserPlus, Users } from "lucide-react";
import { useState } from "react";
import { ErrorState } from "@/components/layout/error-state";
import { PageHeader } from "@/components/layout/page-header";
import { Button } from "@/components/ui/button";
import { Empty } from "@/components/ui/empty";
import { Notice } from "@/components/ui/notice";
import { Skeleton } from "@/components/ui/skeleton";
import { useMe } from "@/lib/access";
import { usersQuery } from "../api";
import { UserCard } from "./user-card";
import { UserDialog } from "./user-dialog";

export function UsersPage() {
  const users = useQuery(usersQuery());
  const me = useMe();
  const [adding, setAdding] = useState(false);
  const add = (
    <Button variant="primary" onClick={() => setAdding(true)}>
      <UserPlus aria-hidden />
      Add a user
    </Button>
  );
  return (
    <>
      <PageHeader
        title="Users"
        meta="Who may sign in, and what they may do."
        actions={users.data?.length ? add : undefined}
      />
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
        <div role="status" aria-label="Loading users">
          <Skeleton className="h-32" />
        </div>
      ) : users.data.length === 0 ? (
        <Empty icon={Users} title="No user yet" actions={add}>
          Give everybody a name of their own: the audit log then tells who did what.
        </Empty>
      ) : (
        <ul className="panel divide-y divide-line">
          {users.data.map((user) => (
            <UserCard key={user.id} user={user} self={user.id === me?.userId} />
          ))}
        </ul>
      )}
      {adding ? <UserDialog onClose={() => setAdding(false)} /> : null}
    </>
  );
}
