import { type FormEvent, useState } from "react";
import { Button } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy-button";
import { Notice } from "@/components/ui/notice";
import { describeError } from "@/lib/api-error";
import { useConfirm, useEnrol } from "../api";
import { elsewhere, ProofField } from "./proof-field";
import { QrCode } from "./qr-code";

/** Password, then QR code and a code of the app, then the recovery codes. */
export function EnrolSecondFactor({ onDone }: { onDone: () => void }) {
  const enrol = useEnrol();
  const confirm = useConfirm();
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const failed = confirm.error ?? enrol.error;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (enrol.data) confirm.mutate({ code });
    else enrol.mutate({ password }, { onSuccess: () => setPassword("") });
  };

  if (confirm.data) {
    const codes = confirm.data.codes;
    return (
      <div className="space-y-4 pb-1">
        <Notice tone="ok" live title="The second factor is on">
          Keep these recovery codes where the phone is not: each is good for one sign-in. They are shown only
          now.
        </Notice>
        <ul aria-label="Recovery codes" className="grid gap-1 font-mono text-sm sm:grid-cols-2">
          {codes.map((one) => (
            <li key={one}>{one}</li>
          ))}
        </ul>
        <div className="flex flex-wrap gap-2">
          <CopyButton text={codes.join("\n")} label="Copy the recovery codes" />
          <Button onClick={onDone}>I have kept them</Button>
        </div>
      </div>
    );
  }

  return (
    <form onSubmit={submit} className="space-y-5 pb-1">
      {enrol.data ? (
        <>
          <p>
            Scan this with an authenticator app, or type the secret into it. Then enter the code it shows.
          </p>
          <QrCode rows={enrol.data.qrRows} label="QR code for the authenticator app" />
          <p className="text-sm break-all">
            Secret: <code>{enrol.data.secret}</code>
          </p>
          <ProofField kind="code" value={code} onChange={setCode} error={confirm.error} />
        </>
      ) : (
        <>
          <p>
            Off. With a second factor, signing in also needs a code of an app on your phone. API keys do not.
          </p>
          <ProofField kind="password" value={password} onChange={setPassword} error={enrol.error} />
        </>
      )}
      {failed && elsewhere(failed) ? (
        <Notice tone="bad" live title="The second factor is not on">
          {describeError(failed)}
        </Notice>
      ) : null}
      <Button type="submit" busy={enrol.isPending || confirm.isPending}>
        {enrol.data ? "Turn it on" : "Set up a second factor"}
      </Button>
    </form>
  );
}
