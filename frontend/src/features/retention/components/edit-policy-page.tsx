import { useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { BackLink } from "@/components/layout/back-link";
import { PageHeader } from "@/components/layout/page-header";
import { retentionPolicyQuery } from "@/lib/queries";
import { toast } from "@/lib/toast";
import { useUpdatePolicy } from "../api";
import { PolicyForm } from "../forms/policy-form";
import { toInput } from "../forms/policy-values";

export function EditPolicyPage({ id }: { id: string }) {
  const { data: policy } = useSuspenseQuery(retentionPolicyQuery(id));
  const update = useUpdatePolicy(id);
  const navigate = useNavigate();
  return (
    <>
      <PageHeader
        title={`Edit ${policy.name}`}
        back={<BackLink to="/retention-policies">Retention</BackLink>}
      />
      <PolicyForm
        saved={policy}
        submitLabel="Save the changes"
        onSave={async (values) => {
          await update.mutateAsync(toInput(values));
          toast.success(`${values.name} is saved`);
          await navigate({ to: "/retention-policies" });
        }}
      />
    </>
  );
}
