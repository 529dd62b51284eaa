import { type FormEvent, useState } from "react";
import { RoleChoice } from "@/components/access/role-choice";
import { Button } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy-button";
import { Dialog } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { Select } from "@/components/ui/select";
import { type Role, useMe } from "@/lib/access";
import { useProblems } from "@/lib/use-problems";
import { useMakeApiKey } from "../api";

const DAY_MS = 86_400_000;
const LIFETIMES = [
  { days: 30, label: "30 days" },
  { days: 90, label: "90 days" },
  { days: 365, label: "a year" },
  { days: 0, label: "never" },
];

/** Two steps: say what the key is for, then take it along. */
export function MakeApiKey({ onClose }: { onClose: () => void }) {
  const make = useMakeApiKey();
  const { form, problem, rest } = useProblems(make.error, ["name", "expiresAt"]);
  const most = useMe()?.role ?? "viewer";
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [days, setDays] = useState(90);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const expiresAt = days ? new Date(Date.now() + days * DAY_MS).toISOString() : null;
    make.mutate({ name: name.trim(), role, expiresAt });
  };

  if (make.data) {
    const { secret, key } = make.data;
    return (
      <Dialog open onOpenChange={onClose} title={`Copy ${key.name} now`}>
        <div className="space-y-4">
          <Notice tone="warn" live title="This is shown once">
            Only a hash of it is kept. Whoever has it can do what its role may.
          </Notice>
          <p className="flex items-start gap-1 rounded-md border bg-sunken px-3 py-2 font-mono text-sm">
            <span className="min-w-0 flex-1 break-all">{secret}</span>
            <CopyButton text={secret} label="Copy the key" />
          </p>
          <p className="text-sm text-ink-soft">
            Send it in the header <code className="font-mono">X-API-Key</code>.
          </p>
          <div className="flex justify-end">
            <Button variant="primary" onClick={onClose}>
              Done
            </Button>
          </div>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog open onOpenChange={onClose} title="Make an API key">
      <form ref={form} onSubmit={submit} className="space-y-5">
        <Field label="Name" hint="What uses it: “Monitoring”, say." error={problem("name")}>
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
        <RoleChoice value={role} onChange={setRole} most={most} />
        <Field label="Expires after" error={problem("expiresAt")}>
          {(control) => (
            <Select {...control} value={days} onChange={(e) => setDays(Number(e.target.value))}>
              {LIFETIMES.map((one) => (
                <option key={one.days} value={one.days}>
                  {one.label}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {rest ? (
          <Notice tone="bad" live title="No key was made">
            {rest}
          </Notice>
        ) : null}
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" type="submit" busy={make.isPending}>
            Make the key
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
