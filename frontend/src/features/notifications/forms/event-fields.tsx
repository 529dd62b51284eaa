import { Controller, type UseFormReturn } from "react-hook-form";
import type { NotificationEventView } from "@/client";
import { Button } from "@/components/ui/button";
import { Checkbox } from "@/components/ui/checkbox";
import type { ChannelValues } from "./channel-schema";

interface EventFieldsProps {
  form: UseFormReturn<ChannelValues>;
  events: NotificationEventView[];
}

/** Which events the channel is told of. */
export function EventFields({ form, events }: EventFieldsProps) {
  const choose = (wanted: NotificationEventView[]) =>
    form.setValue(
      "events",
      wanted.map(({ type }) => type),
      { shouldDirty: true },
    );
  return (
    <fieldset>
      <legend className="mb-2 text-sm font-semibold">Events</legend>
      <div className="mb-3 flex flex-wrap gap-2">
        <Button size="sm" onClick={() => choose(events.filter(({ severity }) => severity !== "info"))}>
          What went wrong
        </Button>
        <Button size="sm" onClick={() => choose(events)}>
          Everything
        </Button>
      </div>
      <Controller
        control={form.control}
        name="events"
        render={({ field }) => (
          <div className="grid gap-2 sm:grid-cols-2">
            {events.map((event) => (
              <Checkbox
                key={event.type}
                label={event.label}
                checked={field.value.includes(event.type)}
                onChange={(checked) =>
                  field.onChange(
                    checked
                      ? [...field.value, event.type]
                      : field.value.filter((type: string) => type !== event.type),
                  )
                }
              />
            ))}
          </div>
        )}
      />
      {form.formState.errors.events?.message ? (
        <p className="mt-2 text-sm text-bad">{form.formState.errors.events.message}</p>
      ) : null}
    </fieldset>
  );
}
