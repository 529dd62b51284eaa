import type { ReactNode } from "react";
import type { S3ConfigView } from "@/client";
import { toast } from "@/lib/toast";
import { useCreateS3Config } from "../api";
import { S3Form } from "../forms/s3-form";
import { toInput } from "../forms/s3-values";

interface AddS3ConfigProps {
  onAdded: (config: S3ConfigView) => unknown;
  cancel?: ReactNode;
}

/** The form of a new bucket, tried step by step before it is saved. */
export function AddS3Config({ onAdded, cancel }: AddS3ConfigProps) {
  const create = useCreateS3Config();
  return (
    <S3Form
      submitLabel="Add the storage"
      cancel={cancel}
      onSave={async (values) => {
        const config = await create.mutateAsync(toInput(values));
        toast.success(`${config.name} is added`);
        await onAdded(config);
      }}
    />
  );
}
