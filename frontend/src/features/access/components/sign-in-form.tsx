import { LogIn } from "lucide-react";
import { type FormEvent, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { ApiError, describeError } from "@/lib/api-error";
import { useSignIn } from "../api";

export function SignInForm({ onEntered }: { onEntered: () => void }) {
  const signIn = useSignIn();
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState<string | null>(null);
  const passwordField = useRef<HTMLInputElement>(null);
  const codeField = useRef<HTMLInputElement>(null);
  const step2 = code !== null;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate(
      { username: username.trim(), password, ...(step2 ? { code } : {}) },
      {
        onSuccess: onEntered,
        onError: (error) => {
          if (!wantsCode(error)) passwordField.current?.select();
          else if (step2) codeField.current?.select();
          else setCode("");
        },
      },
    );
  };

  const back = () => {
    setCode(null);
    signIn.reset();
  };

  if (step2) {
    return (
      <form key="code" onSubmit={submit} className="space-y-5">
        <Field label="Code" hint="Of your authenticator app, or one of your recovery codes.">
          {(control) => (
            <Input
              {...control}
              ref={codeField}
              required
              autoFocus
              autoComplete="one-time-code"
              autoCapitalize="none"
              spellCheck={false}
              maxLength={50}
              value={code}
              onChange={(e) => setCode(e.target.value)}
            />
          )}
        </Field>
        {signIn.isError && signIn.variables?.code ? (
          <Notice tone="bad" live title="Not signed in">
            {describeError(signIn.error)}
          </Notice>
        ) : null}
        <Button variant="primary" type="submit" busy={signIn.isPending} className="w-full">
          {signIn.isPending ? null : <LogIn aria-hidden />}
          Sign in
        </Button>
        <Button className="w-full" onClick={back}>
          Back
        </Button>
      </form>
    );
  }

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

/** The password was right, and a second factor is asked for. */
const wantsCode = (error: unknown) => error instanceof ApiError && error.code === "SECOND_FACTOR_REQUIRED";
