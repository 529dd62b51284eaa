import { useNavigate } from "@tanstack/react-router";
import { BackLink } from "@/components/layout/back-link";
import { PageHeader } from "@/components/layout/page-header";
import { toast } from "@/lib/toast";
import { useCreatePolicy } from "../api";
import { PolicyForm } from "../forms/policy-form";
import { toInput } from "../forms/policy-values";

export function NewPolicyPage() {
  const create = useCreatePolicy();
  const navigate = useNavigate();
  return (
    <>
      <PageHeader
        title="Add a retention policy"
        back={<BackLink to="/retention-policies">Retention</BackLink>}
      />
      <PolicyForm
        submitLabel="Add the policy"
        onSave={async (values) => {
          const policy = await create.mutateAsync(toInput(values));
          toast.success(`${policy.name} is added`);
          await navigate({ to: "/retention-policies" });
        }}
      />
    </>
  );
}
