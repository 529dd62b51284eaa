import { Checkbox } from "@/components/ui/checkbox";
import { RadioCards } from "@/components/ui/radio-cards";
import type { RestoreChoices } from "./choices";
import { ContentsTree } from "./contents-tree";
import type { RestoreSource } from "./plan";
import { isForeign, isPlainSql } from "./source-plan";

interface SourceOptionsProps {
  source: RestoreSource;
  choices: RestoreChoices;
  onChange: (change: Partial<RestoreChoices>) => void;
}

/** How much of the source is restored, and whether it is trusted. */
export function SourceOptions({ source, choices, onChange }: SourceOptionsProps) {
  return (
    <>
      {isPlainSql(source) ? null : (
        <fieldset className="space-y-3">
          <legend className="mb-1.5 text-sm font-semibold">How much of it</legend>
          <RadioCards
            label="How much of it"
            value={choices.selection ? "chosen" : "all"}
            onChange={(value) =>
              onChange({ selection: value === "all" ? null : { schemas: [], objects: [] } })
            }
            className="sm:grid-cols-2"
            options={[
              { value: "all", label: "All of it" },
              {
                value: "chosen",
                label: "Chosen tables and schemas",
                hint: "With their indexes, keys, triggers and rights.",
              },
            ]}
          />
          {choices.selection ? (
            <ContentsTree
              source={source}
              selection={choices.selection}
              onSelection={(selection) => onChange({ selection })}
            />
          ) : null}
        </fieldset>
      )}
      {isForeign(source) ? (
        <Checkbox
          checked={choices.trusted}
          onChange={(trusted) => onChange({ trusted })}
          label="I know where this comes from, and trust it"
          hint="Needed only where the account could reach files and programs of the database server: what is in the source acts with its rights."
        />
      ) : null}
    </>
  );
}
