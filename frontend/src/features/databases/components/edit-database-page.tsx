import { useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { BackLink } from "@/components/layout/back-link";
import { PageHeader } from "@/components/layout/page-header";
import { databaseQuery } from "@/lib/queries";
import { toast } from "@/lib/toast";
import { useUpdateDatabase } from "../api";
import { DatabaseForm } from "../forms/database-form";
import { toUpdate } from "../forms/database-values";

export function EditDatabasePage({ id }: { id: string }) {
  const { data: database } = useSuspenseQuery(databaseQuery(id));
  const update = useUpdateDatabase(id);
  const navigate = useNavigate();
  return (
    <>
      <PageHeader
        title={`Edit ${database.name}`}
        back={
          <BackLink to="/databases/$id" params={{ id }}>
            {database.name}
          </BackLink>
        }
      />
      <DatabaseForm
        saved={database}
        submitLabel="Save the changes"
        onSave={async (values, force) => {
          await update.mutateAsync({ body: toUpdate(values, database), force });
          toast.success(`${values.name} is saved`);
          await navigate({ to: "/databases/$id", params: { id } });
        }}
      />
    </>
  );
}
