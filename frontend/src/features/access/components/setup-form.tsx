import { type FormEvent, useState } from "react";
import { NewPassword } from "@/components/access/new-password";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { useProblems } from "@/lib/use-problems";
import { useSetUp } from "../api";

export function SetupForm({ onEntered }: { onEntered: () => void }) {
  const setUp = useSetUp();
  const [token, setToken] = useState("");
  const [username, setUsername] = useState("admin");
  const [password, setPassword] = useState("");
  const { form, problem, rest } = useProblems(setUp.error, ["token", "username", "password"]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setUp.mutate({ token: token.trim(), username: username.trim(), password }, { onSuccess: onEntered });
  };

  return (
    <form ref={form} onSubmit={submit} className="space-y-5">
      <p className="text-sm text-ink-soft">
        Nobody can sign in yet. To show that this is your server, copy the setup token from its log, the line
        after “Setup token”: <code className="font-mono">docker compose logs api</code>
      </p>
      <Field label="Setup token" error={problem("token")}>
        {(control) => (
          <Input
            {...control}
            required
            spellCheck={false}
            className="font-mono"
            value={token}
            onChange={(e) => setToken(e.target.value)}
          />
        )}
      </Field>
      <Field label="Username" error={problem("username")}>
        {(control) => (
          <Input
            {...control}
            required
            maxLength={100}
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            value={username}
            onChange={(e) => setUsername(e.target.value)}
          />
        )}
      </Field>
      <NewPassword value={password} onChange={setPassword} error={problem("password")} />
      {rest ? (
        <Notice tone="bad" live title="No administrator was made">
          {rest}
        </Notice>
      ) : null}
      <Button variant="primary" type="submit" busy={setUp.isPending} className="w-full">
        Make the administrator and sign in
      </Button>
    </form>
  );
}
