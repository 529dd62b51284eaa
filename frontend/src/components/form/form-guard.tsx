import type { FieldValues, UseFormReturn } from "react-hook-form";
import { LeaveGuard } from "./leave-guard";

/** The guard of a form of react-hook-form. While it is being saved, the way is free: saving leads on. */
export function FormGuard<Values extends FieldValues>({ form }: { form: UseFormReturn<Values> }) {
  const { defaultValues, isSubmitting } = form.formState;
  const wouldLose = () =>
    !isSubmitting &&
    JSON.stringify(form.getValues()) !== JSON.stringify({ ...form.getValues(), ...defaultValues });
  return <LeaveGuard wouldLose={wouldLose} />;
}
