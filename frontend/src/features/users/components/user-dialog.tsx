import { type FormEvent, useState } from "react";
import type { UserView } from "@/client";
import { NewPassword } from "@/components/access/new-password";
import { RoleChoice } from "@/components/access/role-choice";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import type { Role } from "@/lib/access";
import { useProblems } from "@/lib/use-problems";
import { useAddUser, useChangeUser } from "../api";

interface UserDialogProps {
  /** Left out: a new one. */
  user?: UserView;
  onClose: () => void;
}

export function UserDialog({ user, onClose }: UserDialogProps) {
  const add = useAddUser();
  const change = useChangeUser(user?.id ?? "");
  const [username, setUsername] = useState("");
  const [displayName, setDisplayName] = useState(user?.displayName ?? "");
  const [password, setPassword] = useState("");
  const [role, setRole] = useState<Role>(user?.role ?? "operator");
  const sent = user ? change : add;
  const { form, problem, rest } = useProblems(sent.error, ["username", "displayName", "password"]);
  const local = !user || user.provider === "local";

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const done = { onSuccess: onClose };
    if (user) change.mutate({ displayName, role, ...(password ? { password } : {}) }, done);
    else add.mutate({ username: username.trim(), displayName, password, role }, done);
  };

  return (
    <Dialog open onOpenChange={onClose} title={user ? `Edit ${user.username}` : "Add a user"}>
      <form ref={form} onSubmit={submit} className="space-y-5">
        {user ? null : (
          <Field
            label="Username"
            hint="To sign in with. Letters, digits and . _ @ + -"
            error={problem("username")}
          >
            {(control) => (
              <Input
                {...control}
                required
                maxLength={100}
                autoCapitalize="none"
                spellCheck={false}
                value={username}
                onChange={(e) => setUsername(e.target.value)}
              />
            )}
          </Field>
        )}
        <Field label="Name" optional error={problem("displayName")}>
          {(control) => (
            <Input
              {...control}
              maxLength={200}
              value={displayName}
              onChange={(e) => setDisplayName(e.target.value)}
            />
          )}
        </Field>
        <RoleChoice value={role} onChange={setRole} />
        {local ? (
          <NewPassword
            label={user ? "New password" : "Password"}
            optional={Boolean(user)}
            value={password}
            onChange={setPassword}
            error={problem("password")}
          />
        ) : null}
        {user && password ? <p className="text-sm text-ink-soft">All their sessions will end.</p> : null}
        {rest ? (
          <Notice tone="bad" live title={user ? "Nothing was changed" : "The user was not added"}>
            {rest}
          </Notice>
        ) : null}
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" type="submit" busy={sent.isPending}>
            {user ? "Save" : "Add the user"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
