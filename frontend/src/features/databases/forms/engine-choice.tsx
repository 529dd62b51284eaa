import type { UseFormReturn } from "react-hook-form";
import { EngineLabel } from "@/components/engine/engine-label";
import { RadioCards } from "@/components/ui/radio-cards";
import { ENGINE_TYPES, ENGINES, type EngineType } from "@/lib/engine";
import type { DatabaseValues } from "./database-schema";

/** The kind of server; its usual port follows as long as no other was entered. */
export function EngineChoice({ form }: { form: UseFormReturn<DatabaseValues> }) {
  const type = form.watch("type");
  function choose(next: EngineType) {
    if (form.getValues("port") === ENGINES[type].port) form.setValue("port", ENGINES[next].port);
    form.setValue("type", next);
  }
  return (
    <fieldset>
      <legend className="mb-1.5 text-sm font-semibold">Kind of server</legend>
      <RadioCards
        label="Kind of server"
        value={type}
        onChange={choose}
        className="sm:grid-cols-3"
        options={ENGINE_TYPES.map((value) => ({ value, label: <EngineLabel type={value} /> }))}
      />
    </fieldset>
  );
}
