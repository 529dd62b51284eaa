import type { ReactNode } from "react";
import type { DatabaseView } from "@/client";
import { toast } from "@/lib/toast";
import { useCreateDatabase } from "../api";
import { DatabaseForm } from "../forms/database-form";
import { toInput } from "../forms/database-values";

interface AddDatabaseProps {
  onAdded: (database: DatabaseView) => unknown;
  cancel?: ReactNode;
}

/** The form of a new database, tested before it is saved. */
export function AddDatabase({ onAdded, cancel }: AddDatabaseProps) {
  const create = useCreateDatabase();
  return (
    <DatabaseForm
      submitLabel="Add the database"
      cancel={cancel}
      onSave={async (values, force) => {
        const database = await create.mutateAsync({ body: toInput(values), force });
        toast.success(`${database.name} is added`);
        await onAdded(database);
      }}
    />
  );
}
