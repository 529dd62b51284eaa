import { LogIn } from "lucide-react";
import { type FormEvent, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { describeError } from "@/lib/api-error";
import { useSignIn } from "../api";

export function SignInForm({ onEntered }: { onEntered: () => void }) {
  const signIn = useSignIn();
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const passwordField = useRef<HTMLInputElement>(null);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate(
      { username: username.trim(), password },
      { onSuccess: onEntered, onError: () => passwordField.current?.select() },
    );
  };

  return (
    <form onSubmit={submit} className="space-y-5">
      <Field label="Username">
        {(control) => (
          <Input
            {...control}
            required
            autoFocus
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            value={username}
            onChange={(e) => setUsername(e.target.value)}
          />
        )}
      </Field>
      <Field label="Password">
        {(control) => (
          <Input
            {...control}
            ref={passwordField}
            required
            type="password"
            autoComplete="current-password"
            maxLength={256}
            value={password}
            onChange={(e) => setPassword(e.target.value)}
          />
        )}
      </Field>
      {signIn.isError ? (
        <Notice tone="bad" live title="Not signed in">
          {describeError(signIn.error)}
        </Notice>
      ) : null}
      <Button variant="primary" type="submit" busy={signIn.isPending} className="w-full">
        {signIn.isPending ? null : <LogIn aria-hidden />}
        Sign in
      </Button>
    </form>
  );
}
