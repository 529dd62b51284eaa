import { type FormEvent, useState } from "react";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { RadioCards } from "@/components/ui/radio-cards";
import { Textarea } from "@/components/ui/textarea";
import { useProblems } from "@/lib/use-problems";
import { useImportKey } from "../api";

type Kind = "identity" | "recipient" | "recovery";

const HINTS: Record<Kind, string> = {
  identity:
    "The line that begins with AGE-SECRET-KEY-1, or an OpenPGP private key in ASCII armour without a passphrase.",
  recipient:
    "age1…, or an OpenPGP public key in ASCII armour. Backups are made; to restore one, its private key must be imported first.",
  recovery:
    "age1…, or an OpenPGP public key in ASCII armour. Every backup encrypted with the same format opens with this key, too: keep its private part offline.",
};

export function ImportKey({ open, onClose }: { open: boolean; onClose: () => void }) {
  const add = useImportKey();
  const [kind, setKind] = useState<Kind>("identity");
  const [name, setName] = useState("");
  const [text, setText] = useState("");
  const { form, problem, rest } = useProblems(add.error, [
    "name",
    kind === "identity" ? "identity" : "recipient",
  ]);

  const close = () => {
    onClose();
    setName("");
    setText("");
    setKind("identity");
    add.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const key = kind === "identity" ? { identity: text } : { recipient: text.trim() };
    add.mutate({ name: name.trim(), ...key, recovery: kind === "recovery" }, { onSuccess: close });
  };

  return (
    <Dialog open={open} onOpenChange={close} title="Import a key">
      <form ref={form} onSubmit={submit} className="space-y-5">
        <RadioCards
          label="What you have"
          value={kind}
          onChange={setKind}
          className="sm:grid-cols-3"
          options={[
            { value: "identity", label: "Private key", hint: "To back up and restore" },
            { value: "recipient", label: "Recipient only", hint: "To back up" },
            { value: "recovery", label: "Recovery recipient", hint: "A second way in, offline" },
          ]}
        />
        <Field label="Name" error={problem("name")}>
          {(control) => (
            <Input
              {...control}
              required
              maxLength={200}
              value={name}
              onChange={(e) => setName(e.target.value)}
            />
          )}
        </Field>
        <Field
          label={kind === "identity" ? "Private key" : "Recipient"}
          hint={HINTS[kind]}
          error={problem(kind === "identity" ? "identity" : "recipient")}
        >
          {(control) => (
            <Textarea
              {...control}
              required
              rows={4}
              spellCheck={false}
              autoComplete="off"
              className="font-mono text-sm"
              value={text}
              onChange={(e) => setText(e.target.value)}
            />
          )}
        </Field>
        {rest ? (
          <Notice tone="bad" live title="The key was not imported">
            {rest}
          </Notice>
        ) : null}
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={close}>Cancel</Button>
          <Button variant="primary" type="submit" busy={add.isPending}>
            Import
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
