import { useNavigate } from "@tanstack/react-router";
import { toast } from "sonner";
import { BackLink } from "@/components/layout/back-link";
import { PageHeader } from "@/components/layout/page-header";
import { useCreateDatabase } from "../api";
import { DatabaseForm } from "../forms/database-form";
import { toInput } from "../forms/database-values";

export function NewDatabasePage() {
  const create = useCreateDatabase();
  const navigate = useNavigate();
  return (
    <>
      <PageHeader
        title="Add a database"
        back={<BackLink to="/databases">Databases</BackLink>}
        meta="PostgreSQL, MySQL or MariaDB. The connection is tested before it is saved."
      />
      <DatabaseForm
        submitLabel="Add the database"
        onSave={async (values, force) => {
          const database = await create.mutateAsync({ body: toInput(values), force });
          toast.success(`${database.name} is added`);
          await navigate({ to: "/databases/$id", params: { id: database.id } });
        }}
      />
    </>
  );
}
