import { useState } from "react";
import type { RetentionPolicyView } from "@/client";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { Notice } from "@/components/ui/notice";
import { describeError } from "@/lib/api-error";
import { toast } from "@/lib/toast";
import { useDeletePolicy } from "../api";

interface DeletePolicyProps {
  policy: RetentionPolicyView;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

export function DeletePolicy({ policy, open, onOpenChange }: DeletePolicyProps) {
  const remove = useDeletePolicy(policy.id);
  const [refusal, setRefusal] = useState<string | null>(null);
  const change = (next: boolean) => {
    setRefusal(null);
    onOpenChange(next);
  };
  return (
    <ConfirmDialog
      open={open}
      onOpenChange={change}
      title={`Delete ${policy.name}?`}
      confirmLabel="Delete"
      danger
      busy={remove.isPending}
      onConfirm={() =>
        remove.mutate(undefined, {
          onSuccess: () => {
            change(false);
            toast.success(`${policy.name} is deleted`);
          },
          // It names who uses the policy: too much for a toast that goes by itself.
          onError: (error) => setRefusal(describeError(error)),
        })
      }
    >
      <p>No backup is deleted by this. A policy that is in use cannot be deleted.</p>
      {refusal ? (
        <Notice tone="bad" live title="It was not deleted">
          {refusal}
        </Notice>
      ) : null}
    </ConfirmDialog>
  );
}
