import { createFileRoute } from "@tanstack/react-router";
import { Gate } from "@/components/access/gate";
import { NewDatabasePage } from "@/features/databases/components/new-database-page";

export const Route = createFileRoute("/databases/new")({ component: Gated });

function Gated() {
  return (
    <Gate to="database.create" title="Add a database">
      <NewDatabasePage />
    </Gate>
  );
}
