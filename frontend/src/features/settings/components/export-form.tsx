import { type FormEvent, useState } from "react";
import { NewPassword } from "@/components/access/new-password";
import { Button } from "@/components/ui/button";
import { Checkbox } from "@/components/ui/checkbox";
import { Notice } from "@/components/ui/notice";
import { toast } from "@/lib/toast";
import { useProblems } from "@/lib/use-problems";
import { useExportConfig } from "../configuration-api";

export function ExportForm({ onDone }: { onDone: () => void }) {
  const [passphrase, setPassphrase] = useState("");
  const [privateKeys, setPrivateKeys] = useState(true);
  const run = useExportConfig();
  const { form, problem, rest } = useProblems(run.error, ["passphrase"]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    run.mutate(
      { passphrase, privateKeys },
      {
        onSuccess: () => {
          toast.success("Configuration exported", { description: "Keep the passphrase in another place." });
          onDone();
        },
      },
    );
  };

  return (
    <form ref={form} onSubmit={submit} className="space-y-5">
      <NewPassword
        label="Passphrase"
        value={passphrase}
        onChange={setPassphrase}
        error={problem("passphrase")}
      />
      <Checkbox
        checked={privateKeys}
        onChange={setPrivateKeys}
        label="With the private encryption keys"
        hint="Without them the other instance can make encrypted backups, but restore none."
      />
      <Notice>
        Nobody can open the passwords in the file without the passphrase: not this program either.
      </Notice>
      {rest ? (
        <Notice tone="bad" live title="Nothing was exported">
          {rest}
        </Notice>
      ) : null}
      <div className="flex justify-end">
        <Button type="submit" variant="primary" busy={run.isPending}>
          Export
        </Button>
      </div>
    </form>
  );
}
