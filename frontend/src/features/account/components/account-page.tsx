import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { LogOut } from "lucide-react";
import { RoleBadge } from "@/components/access/role-badge";
import { PageHeader } from "@/components/layout/page-header";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { SIGN_IN, useMe } from "@/lib/access";
import { describeError } from "@/lib/api-error";
import { toast } from "@/lib/toast";
import { useSignOut } from "../api";
import { ChangePassword } from "./change-password";
import { SecondFactor } from "./second-factor";
import { SessionsPanel } from "./sessions-panel";

/** One's own account: password, sessions, the way out. */
export function AccountPage() {
  const me = useMe();
  const router = useRouter();
  const queries = useQueryClient();
  const leave = useSignOut();
  if (!me) return <PageHeader title="Account" />;

  const signOut = () =>
    leave.mutate(undefined, {
      onSuccess: async () => {
        await router.navigate({ to: SIGN_IN });
        queries.clear();
      },
      onError: (error) => toast.error("You are still signed in", { description: describeError(error) }),
    });

  return (
    <>
      <PageHeader
        title={me.userId ? me.displayName || me.username : "Access"}
        meta={me.userId ? <RoleBadge role={me.role} /> : undefined}
        actions={
          me.userId ? (
            <Button busy={leave.isPending} onClick={signOut}>
              <LogOut aria-hidden />
              Sign out
            </Button>
          ) : undefined
        }
      />
      <div className="space-y-5">
        {me.userId ? (
          <div className="grid items-start gap-5 lg:grid-cols-2">
            <SessionsPanel />
            {me.provider === "local" ? (
              <div className="min-w-0 space-y-5">
                <ChangePassword username={me.username} />
                <SecondFactor />
              </div>
            ) : null}
          </div>
        ) : (
          <Notice tone="warn" title="There is no sign-in">
            The server runs with AUTH_MODE=none: whoever reaches it may do everything. Without that variable
            it asks everybody to sign in.
          </Notice>
        )}
      </div>
    </>
  );
}
