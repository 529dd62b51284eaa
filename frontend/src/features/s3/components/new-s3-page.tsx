import { useNavigate } from "@tanstack/react-router";
import { toast } from "sonner";
import { BackLink } from "@/components/layout/back-link";
import { PageHeader } from "@/components/layout/page-header";
import { useCreateS3Config } from "../api";
import { S3Form } from "../forms/s3-form";
import { toInput } from "../forms/s3-values";

export function NewS3Page() {
  const create = useCreateS3Config();
  const navigate = useNavigate();
  return (
    <>
      <PageHeader title="Add S3 storage" back={<BackLink to="/s3-configs">Storage</BackLink>} />
      <S3Form
        submitLabel="Add the storage"
        onSave={async (values) => {
          const config = await create.mutateAsync(toInput(values));
          toast.success(`${config.name} is added`);
          await navigate({ to: "/s3-configs" });
        }}
      />
    </>
  );
}
