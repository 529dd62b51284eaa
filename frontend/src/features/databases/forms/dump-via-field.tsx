import type { UseFormReturn } from "react-hook-form";
import type { DatabaseView } from "@/client";
import { Field } from "@/components/ui/field";
import { Select } from "@/components/ui/select";
import type { DatabaseValues } from "./database-schema";

interface DumpViaFieldProps {
  form: UseFormReturn<DatabaseValues>;
  saved: DatabaseView | undefined;
}

/** Whose tools dump a database; shown where its own container can be chosen, or is. */
export function DumpViaField({ form, saved }: DumpViaFieldProps) {
  if (!saved || (saved.containerDump !== "possible" && saved.dumpVia !== "container")) return null;
  return (
    <Field
      label="Dumped by"
      hint="The container's tools are of the server's own version. Their output passes through Docker."
      error={form.formState.errors.dumpVia?.message}
    >
      {(control) => (
        <Select {...control} {...form.register("dumpVia")}>
          <option value="network">The tools of this program, over the network</option>
          <option value="container">The tools in the container {saved.containerName}</option>
        </Select>
      )}
    </Field>
  );
}
