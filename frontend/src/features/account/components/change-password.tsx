import { type FormEvent, useState } from "react";
import { NewPassword } from "@/components/access/new-password";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { Section } from "@/components/ui/section";
import { useProblems } from "@/lib/use-problems";
import { useChangePassword } from "../api";

export function ChangePassword({ username }: { username: string }) {
  const change = useChangePassword();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const { form, problem, rest } = useProblems(change.error, ["currentPassword", "newPassword"]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate(
      { currentPassword: current, newPassword: next },
      {
        onSuccess: () => {
          setCurrent("");
          setNext("");
        },
      },
    );
  };

  return (
    <Section title="Password">
      <form ref={form} onSubmit={submit} className="space-y-5 pb-1">
        {/* Tells a password manager whose it is. */}
        <input type="hidden" autoComplete="username" value={username} />
        <Field label="Current password" error={problem("currentPassword")}>
          {(control) => (
            <Input
              {...control}
              required
              type="password"
              autoComplete="current-password"
              maxLength={256}
              value={current}
              onChange={(e) => setCurrent(e.target.value)}
            />
          )}
        </Field>
        <NewPassword label="New password" value={next} onChange={setNext} error={problem("newPassword")} />
        {rest ? (
          <Notice tone="bad" live title="The password was not changed">
            {rest}
          </Notice>
        ) : null}
        {change.isSuccess ? (
          <Notice tone="ok" live title="The password is changed">
            All your other sessions are ended.
          </Notice>
        ) : null}
        <Button type="submit" busy={change.isPending}>
          Change the password
        </Button>
      </form>
    </Section>
  );
}
