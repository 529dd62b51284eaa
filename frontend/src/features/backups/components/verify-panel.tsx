import { useQuery } from "@tanstack/react-query";
import { ShieldCheck } from "lucide-react";
import { useState } from "react";
import type { BackupDetail } from "@/client";
import { Allowed } from "@/components/access/allowed";
import { Button } from "@/components/ui/button";
import { Section } from "@/components/ui/section";
import { pastVerificationsQuery } from "@/lib/queries";
import { VerificationItem } from "./verification-item";
import { VerifyDialog } from "./verify-dialog";

/** What was proven of this backup so far, and the way to prove more. */
export function VerifyPanel({ backup }: { backup: BackupDetail }) {
  const [asking, setAsking] = useState(false);
  const past = useQuery(pastVerificationsQuery(backup.id));
  const found = past.data?.items ?? [];
  return (
    <Section
      title="Verifications"
      flush
      aside={
        <Allowed to="backup.execute">
          <Button size="sm" onClick={() => setAsking(true)}>
            <ShieldCheck aria-hidden />
            Verify
          </Button>
        </Allowed>
      }
    >
      {found.length === 0 ? (
        <p className="px-4 py-3 text-sm text-ink-soft">
          {past.isError
            ? "The verifications could not be loaded."
            : "Not verified since it was made. It was read to its end then, and every copy was confirmed."}
        </p>
      ) : (
        <ul className="divide-y divide-line">
          {found.map((verification, index) => (
            <VerificationItem key={verification.id} verification={verification} first={index === 0} />
          ))}
        </ul>
      )}
      {asking ? <VerifyDialog backup={backup} open onOpenChange={setAsking} /> : null}
    </Section>
  );
}
