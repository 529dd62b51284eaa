import { Disclosure } from "@/components/ui/disclosure";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { RadioCards } from "@/components/ui/radio-cards";
import { contentSummary, type DumpContent } from "@/lib/dump-content";
import { isMysqlFamily } from "@/lib/engine";

interface ContentFieldsProps {
  /** The database's engine. */
  type: string;
  value: DumpContent;
  onChange: (value: DumpContent) => void;
  errors: { includeTables?: string; excludeTables?: string; jobs?: string };
}

/** What of the database goes into a backup. */
export function ContentFields({ type, value, onChange, errors }: ContentFieldsProps) {
  const { content, includeTables, excludeTables, jobs } = value;
  const current = { content, includeTables, excludeTables, jobs };
  const family = isMysqlFamily(type);
  return (
    <Disclosure title="What goes in" summary={contentSummary(current)}>
      <RadioCards
        label="Content"
        value={content}
        onChange={(next) => onChange({ ...current, content: next })}
        className="sm:grid-cols-3"
        options={[
          { value: "all", label: "Everything" },
          { value: "schema", label: "Schema only", hint: "No rows" },
          { value: "data", label: "Data only", hint: "No definitions" },
        ]}
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Only these tables" optional error={errors.includeTables}>
          {(control) => (
            <Input
              {...control}
              value={includeTables}
              onChange={(event) => onChange({ ...current, includeTables: event.target.value })}
              placeholder={family ? "orders, items" : "public.orders, public.items"}
            />
          )}
        </Field>
        <Field label="Without these tables" optional error={errors.excludeTables}>
          {(control) => (
            <Input
              {...control}
              value={excludeTables}
              onChange={(event) => onChange({ ...current, excludeTables: event.target.value })}
              placeholder={family ? "sessions" : "public.sessions"}
            />
          )}
        </Field>
      </div>
      <Field
        label="Parallel dump"
        optional
        error={errors.jobs}
        hint="How many big tables are dumped at the same time, all as of one moment. Of the whole database only."
      >
        {(control) => (
          <Input
            {...control}
            type="number"
            min={1}
            max={8}
            value={jobs}
            onChange={(event) => onChange({ ...current, jobs: event.target.value })}
            placeholder="1"
          />
        )}
      </Field>
    </Disclosure>
  );
}
