import { useState } from "react";
import { toast } from "sonner";
import type { BackupDetail } from "@/client";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { RadioCards } from "@/components/ui/radio-cards";
import { describeError } from "@/lib/api-error";
import { LEVELS } from "@/lib/verification";
import { useVerifyBackup } from "../api";
import { copyName } from "./copies-line";

interface VerifyDialogProps {
  backup: BackupDetail;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** Asks how far to prove which copy, and says what each proof cannot see. */
export function VerifyDialog({ backup, open, onOpenChange }: VerifyDialogProps) {
  const whole = backup.copies.filter((copy) => copy.state === "complete");
  const [level, setLevel] = useState("2");
  const [copyId, setCopyId] = useState(whole[0]?.id ?? "");
  const verify = useVerifyBackup(backup.id);

  const start = () =>
    verify.mutate(
      { level: Number(level), copyId: copyId || null },
      {
        onSuccess: () => onOpenChange(false),
        onError: (error) =>
          toast.error("The verification did not start", { description: describeError(error) }),
      },
    );

  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Verify this backup"
      description="Each level does what the ones above it do, and more."
    >
      <div className="space-y-5">
        <RadioCards
          label="How far"
          value={level}
          onChange={setLevel}
          options={LEVELS.map((known) => ({
            value: String(known.level),
            label: `${known.level}. ${known.label}`,
            hint: `${known.does} ${known.blind}`,
            disabled: known.level === 3 && backup.databaseId === null,
          }))}
        />
        {whole.length > 1 ? (
          <RadioCards
            label="Which copy"
            value={copyId}
            onChange={setCopyId}
            options={whole.map((copy) => ({ value: copy.id, label: copyName(copy) }))}
          />
        ) : null}
        <div className="flex justify-end gap-2">
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button variant="primary" busy={verify.isPending} onClick={start}>
            Start the verification
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
