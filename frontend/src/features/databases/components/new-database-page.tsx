import { useNavigate } from "@tanstack/react-router";
import { BackLink } from "@/components/layout/back-link";
import { PageHeader } from "@/components/layout/page-header";
import { AddDatabase } from "./add-database";

export function NewDatabasePage() {
  const navigate = useNavigate();
  return (
    <>
      <PageHeader
        title="Add a database"
        back={<BackLink to="/databases">Databases</BackLink>}
        meta="PostgreSQL, MySQL or MariaDB. The connection is tested before it is saved."
      />
      <AddDatabase onAdded={({ id }) => navigate({ to: "/databases/$id", params: { id } })} />
    </>
  );
}
