import { useQuery } from "@tanstack/react-query";
import { Checkbox } from "@/components/ui/checkbox";
import { Field } from "@/components/ui/field";
import { Select } from "@/components/ui/select";
import { s3ConfigsQuery } from "@/lib/queries";
import { swaps } from "../mode";
import { savesFirst } from "./choices";
import type { OptionProps } from "./option-fields";

/** What makes a restore that drops something safe: the way back, and an empty house. */
export function SafetyFields({ choices, onChange, problem, engine }: OptionProps & { engine: string }) {
  const saves = savesFirst(choices, engine);
  const configs = useQuery({ ...s3ConfigsQuery(), enabled: saves });
  const swap = swaps(choices.mode, engine);
  return (
    <fieldset className="space-y-3">
      <legend className="mb-1.5 text-sm font-semibold">Safety</legend>
      <Checkbox
        checked={saves}
        onChange={(safetyBackup) => onChange({ safetyBackup })}
        label="Safety backup first"
        hint={problem("safetyBackup") ?? safetyHint(swap, choices.mode, engine)}
      />
      {saves ? (
        <Field label="Safety backup goes to" error={problem("safetyS3ConfigId")} className="ml-7 max-w-72">
          {(control) => (
            <Select
              {...control}
              value={choices.safetyS3ConfigId}
              onChange={(event) => onChange({ safetyS3ConfigId: event.target.value })}
            >
              <option value="">Local disk</option>
              {configs.data?.map((config) => (
                <option key={config.id} value={config.id} disabled={!config.enabled}>
                  {config.name} ({config.bucket})
                </option>
              ))}
            </Select>
          )}
        </Field>
      ) : null}
      <Checkbox
        checked={choices.stopConnections}
        onChange={(stopConnections) => onChange({ stopConnections })}
        label="End active connections"
        hint={
          problem("stopConnections") ??
          (swap
            ? "Only for the moment of the swap. Otherwise nothing is changed while somebody is connected."
            : "What they have not committed is lost. Better stop the application itself.")
        }
      />
    </fieldset>
  );
}

function safetyHint(swap: boolean, mode: string, engine: string): string {
  if (swap) return "Not needed here: the old database itself is kept, and one click brings it back.";
  return engine === "postgresql" && mode === "clean"
    ? "All happens in one transaction; the backup brings back what it replaced."
    : "The database is changed in place: if anything fails, this backup is put back by itself.";
}
