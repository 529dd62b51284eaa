import { ShieldCheck } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Notice } from "@/components/ui/notice";
import { describeError } from "@/lib/api-error";
import { formatCount } from "@/lib/format";
import { useVerifyAudit } from "../api";

/** Reads the whole chain and says whether anything was altered. */
export function VerifyAudit() {
  const verify = useVerifyAudit();
  const result = verify.data;
  return (
    <>
      <Button busy={verify.isPending} onClick={() => verify.mutate()}>
        {verify.isPending ? null : <ShieldCheck aria-hidden />}
        Verify
      </Button>
      <Dialog
        open={verify.isSuccess || verify.isError}
        onOpenChange={() => verify.reset()}
        title="Is the audit log whole?"
      >
        {verify.isError ? (
          <Notice tone="bad" live title="It could not be verified">
            {describeError(verify.error)}
          </Notice>
        ) : result?.ok ? (
          <Notice tone="ok" live title="It is whole">
            {formatCount(result.events)} events, each as it was written, none missing
            {result.removed ? `; ${formatCount(result.removed)} older ones were removed by retention` : ""}.
          </Notice>
        ) : result ? (
          <Notice tone="bad" live title={`It was altered: ${formatCount(result.problemCount)} problems`}>
            <ul className="list-disc space-y-0.5 pl-4">
              {result.problems.map((problem) => (
                <li key={problem}>{problem}</li>
              ))}
            </ul>
          </Notice>
        ) : null}
        {result ? (
          <p className="mt-4 text-sm text-ink-soft">
            Keep this elsewhere to compare with later: event {result.lastSeq},{" "}
            <span className="font-mono break-all">{result.lastHash}</span>
          </p>
        ) : null}
      </Dialog>
    </>
  );
}
