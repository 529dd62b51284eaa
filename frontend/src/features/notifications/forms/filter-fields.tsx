import { useQuery } from "@tanstack/react-query";
import { Controller, type UseFormReturn } from "react-hook-form";
import { Checkbox } from "@/components/ui/checkbox";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { RadioCards } from "@/components/ui/radio-cards";
import { databasesQuery } from "@/lib/queries";
import type { ChannelValues } from "./channel-schema";

/** Of which databases, and how soon. */
export function FilterFields({ form }: { form: UseFormReturn<ChannelValues> }) {
  const databases = useQuery(databasesQuery());
  const all = form.watch("allDatabases");
  return (
    <div className="space-y-4">
      <Controller
        control={form.control}
        name="allDatabases"
        render={({ field }) => (
          <RadioCards
            label="Databases"
            value={field.value ? "all" : "some"}
            onChange={(value) => field.onChange(value === "all")}
            className="sm:grid-cols-2"
            options={[
              { value: "all", label: "All databases", hint: "Those added later, too." },
              { value: "some", label: "Only some", hint: "What concerns no database is told in any case." },
            ]}
          />
        )}
      />
      {all ? null : (
        <Controller
          control={form.control}
          name="databaseIds"
          render={({ field }) => (
            <fieldset className="grid gap-2 sm:grid-cols-2">
              <legend className="sr-only">Which databases</legend>
              {databases.data?.items.map((database) => (
                <Checkbox
                  key={database.id}
                  label={database.name}
                  checked={field.value.includes(database.id)}
                  onChange={(checked) =>
                    field.onChange(
                      checked
                        ? [...field.value, database.id]
                        : field.value.filter((id: string) => id !== database.id),
                    )
                  }
                />
              ))}
            </fieldset>
          )}
        />
      )}
      <Field
        label="Failures in a row before the first alarm"
        error={form.formState.errors.failureThreshold?.message}
        hint="1: every failure is told. More spare you what heals by itself."
        className="max-w-xs"
      >
        {(control) => (
          <Input
            {...control}
            {...form.register("failureThreshold")}
            type="number"
            inputMode="numeric"
            min={1}
          />
        )}
      </Field>
      <Controller
        control={form.control}
        name="recovery"
        render={({ field }) => (
          <Checkbox checked={field.value} onChange={field.onChange} label="Tell when it works again" />
        )}
      />
      <Controller
        control={form.control}
        name="enabled"
        render={({ field }) => (
          <Checkbox
            checked={field.value}
            onChange={field.onChange}
            label="Enabled"
            hint="A disabled channel is told nothing; what happens meanwhile is not told later."
          />
        )}
      />
    </div>
  );
}
