import { FileKey } from "lucide-react";
import { type FormEvent, useState } from "react";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { RadioCards } from "@/components/ui/radio-cards";
import { describeError } from "@/lib/api-error";
import { useProblems } from "@/lib/use-problems";
import { useDownloadKey, useGenerateKey } from "../api";

interface GenerateKeyProps {
  open: boolean;
  onClose: () => void;
}

/** Two steps: make the key, then take it to a safe place. */
export function GenerateKey({ open, onClose }: GenerateKeyProps) {
  const generate = useGenerateKey();
  const { form, problem, rest } = useProblems(generate.error, ["name", "comment"]);
  const download = useDownloadKey();
  const [name, setName] = useState("");
  const [comment, setComment] = useState("");
  const [kind, setKind] = useState<"age" | "openpgp">("age");
  const made = generate.data;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    generate.mutate({ name: name.trim(), comment: comment.trim(), kind });
  };
  const close = () => {
    onClose();
    setName("");
    setComment("");
    setKind("age");
    generate.reset();
    download.reset();
  };

  return (
    <Dialog open={open} onOpenChange={close} title={made ? `Keep ${made.name} safe` : "Generate a key"}>
      {made ? (
        <div className="space-y-4">
          <Notice
            tone={download.isSuccess ? "ok" : "warn"}
            live
            title={download.isSuccess ? "Downloaded" : "Download it now"}
          >
            Without the key file nobody can restore these backups once this machine is lost, and nobody can
            make it again. Put it into a password manager or a safe, not beside the backups. Whoever has it
            can read them.
          </Notice>
          {download.isError ? (
            <Notice tone="bad" live title="The key was not downloaded">
              {describeError(download.error)}
            </Notice>
          ) : null}
          <div className="flex flex-wrap justify-end gap-2">
            <Button onClick={close}>{download.isSuccess ? "Done" : "Later"}</Button>
            <Button
              variant={download.isSuccess ? "secondary" : "primary"}
              busy={download.isPending}
              onClick={() => download.mutate(made)}
            >
              <FileKey aria-hidden />
              Download the key file
            </Button>
          </div>
        </div>
      ) : (
        <form ref={form} onSubmit={submit} className="space-y-5">
          <RadioCards
            label="Format"
            value={kind}
            onChange={setKind}
            className="sm:grid-cols-2"
            options={[
              { value: "age", label: "age", hint: "Small and quick; opened with the age tool" },
              { value: "openpgp", label: "OpenPGP", hint: "Opened with gpg; slower" },
            ]}
          />
          <Field label="Name" hint="For example the year: “Backups 2026”." error={problem("name")}>
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
          <Field label="Comment" optional hint="Where the key file is kept, say." error={problem("comment")}>
            {(control) => (
              <Input
                {...control}
                maxLength={1000}
                value={comment}
                onChange={(e) => setComment(e.target.value)}
              />
            )}
          </Field>
          {rest ? (
            <Notice tone="bad" live title="No key was made">
              {rest}
            </Notice>
          ) : null}
          <div className="flex flex-wrap justify-end gap-2">
            <Button onClick={close}>Cancel</Button>
            <Button variant="primary" type="submit" busy={generate.isPending}>
              Generate
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}
