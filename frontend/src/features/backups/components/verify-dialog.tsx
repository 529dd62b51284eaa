import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { BackupView, DatabaseView } from "@/client";
import { ScratchTarget } from "@/components/run/scratch-target";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { RadioCards } from "@/components/ui/radio-cards";
import { describeError } from "@/lib/api-error";
import { databasesQuery } from "@/lib/queries";
import { asTarget } from "@/lib/scratch-target";
import { toast } from "@/lib/toast";
import { LEVELS } from "@/lib/verification";
import { useVerifyBackup } from "../api";
import { copyName } from "./copies-line";

interface VerifyDialogProps {
  backup: BackupView;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** Asks how far to prove which copy, and says what each proof cannot see. */
export function VerifyDialog({ backup, open, onOpenChange }: VerifyDialogProps) {
  const whole = backup.copies.filter((copy) => copy.state === "complete");
  const [level, setLevel] = useState("2");
  const damaged = backup.copies.filter((copy) => copy.state === "damaged");
  const copies = [...whole, ...damaged];
  const [copyId, setCopyId] = useState(copies[0]?.id ?? "");
  const [target, setTarget] = useState("");
  const databases = useQuery(databasesQuery()).data?.items ?? [];
  const own = databases.find((database) => database.id === backup.databaseId);
  const restores = Number(level) >= 3;
  const verify = useVerifyBackup(backup.id);

  const start = () =>
    verify.mutate(
      {
        level: Number(level),
        copyId: copyId || null,
        ...asTarget(restores ? target : ""),
      },
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
            hint: hint(known, own),
            disabled: known.level === 4 && !own?.assertions.length,
          }))}
        />
        {restores ? (
          <ScratchTarget
            engine={backup.engine}
            own={own}
            databases={databases}
            value={target}
            onChange={setTarget}
          />
        ) : null}
        {copies.length > 1 ? (
          <RadioCards
            label="Which copy"
            value={copyId}
            onChange={setCopyId}
            options={copies.map((copy) => ({
              value: copy.id,
              label: copy.state === "damaged" ? `${copyName(copy)}, found damaged` : copyName(copy),
            }))}
          />
        ) : null}
        <div className="flex justify-end gap-2">
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button
            variant="primary"
            busy={verify.isPending}
            disabled={restores && !own && !target}
            onClick={start}
          >
            Start the verification
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

function hint(known: (typeof LEVELS)[number], own: DatabaseView | undefined): string {
  if (known.level === 4 && !own?.assertions.length)
    return "This database has no assertions: add some on its page, under Proof.";
  return `${known.does} ${known.blind}`;
}
