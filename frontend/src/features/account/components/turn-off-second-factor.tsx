import { type FormEvent, useState } from "react";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { describeError } from "@/lib/api-error";
import { useTurnOff } from "../api";
import { elsewhere, ProofField } from "./proof-field";

export function TurnOffSecondFactor({ codesLeft }: { codesLeft: number }) {
  const off = useTurnOff();
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");

  const submit = (event: FormEvent) => {
    event.preventDefault();
    off.mutate({ password, code });
  };

  return (
    <form onSubmit={submit} className="space-y-5 pb-1">
      <p>
        On. {codesLeft} recovery {codesLeft === 1 ? "code is" : "codes are"} left. For new ones turn it off
        and set it up again.
      </p>
      <ProofField kind="password" value={password} onChange={setPassword} error={off.error} />
      <ProofField kind="code" value={code} onChange={setCode} error={off.error} />
      {off.isError && elsewhere(off.error) ? (
        <Notice tone="bad" live title="The second factor is still on">
          {describeError(off.error)}
        </Notice>
      ) : null}
      <Button type="submit" variant="danger" busy={off.isPending}>
        Turn it off
      </Button>
    </form>
  );
}
