import { useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { BackLink } from "@/components/layout/back-link";
import { PageHeader } from "@/components/layout/page-header";
import { s3ConfigQuery } from "@/lib/queries";
import { toast } from "@/lib/toast";
import { useUpdateS3Config } from "../api";
import { S3Form } from "../forms/s3-form";
import { toUpdate } from "../forms/s3-values";

export function EditS3Page({ id }: { id: string }) {
  const { data: config } = useSuspenseQuery(s3ConfigQuery(id));
  const update = useUpdateS3Config(id);
  const navigate = useNavigate();
  return (
    <>
      <PageHeader title={`Edit ${config.name}`} back={<BackLink to="/s3-configs">Storage</BackLink>} />
      <S3Form
        saved={config}
        submitLabel="Save the changes"
        onSave={async (values) => {
          await update.mutateAsync(toUpdate(values, config));
          toast.success(`${values.name} is saved`);
          await navigate({ to: "/s3-configs" });
        }}
      />
    </>
  );
}
