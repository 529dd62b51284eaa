import { BadgeCheck, CircleX, TriangleAlert } from "lucide-react";
import type { SignatureFacts } from "@/client";

const LOOKS = {
  own: { icon: BadgeCheck, ink: "text-ok", label: "Signed by this instance" },
  unknown: { icon: TriangleAlert, ink: "text-warn", label: "Signed with a key that is not known here" },
  unsigned: { icon: TriangleAlert, ink: "text-ink-faint", label: "Not signed" },
  foreign: { icon: CircleX, ink: "text-bad", label: "Signed anew by somebody else" },
  wrong: { icon: CircleX, ink: "text-bad", label: "The signature is wrong" },
};

/** Who signed the manifest, and the fingerprint to compare with the recovery kit. */
export function SignatureLine({ signature }: { signature: SignatureFacts }) {
  const { icon: Icon, ink, label } = LOOKS[signature.state];
  return (
    <>
      <span className="flex items-start gap-1.5">
        <Icon className={`mt-0.5 size-4 shrink-0 ${ink}`} aria-hidden />
        {label}
      </span>
      {signature.state === "own" ? null : <p className="text-sm text-ink-soft">{signature.message}</p>}
      {signature.fingerprint ? (
        <p className="font-mono text-sm break-all text-ink-faint">{signature.fingerprint}</p>
      ) : null}
    </>
  );
}
