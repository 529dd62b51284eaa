import { type ComponentProps, useId } from "react";
import { Input } from "@/components/ui/input";

interface DayFieldProps extends Omit<ComponentProps<"input">, "value" | "onChange"> {
  label: string;
  value: string | undefined;
  onChange: (day: string | undefined) => void;
}

/** A day, with its label inside the box: a bare date field doesn't say which end it is. */
export function DayField({ label, value, onChange, ...props }: DayFieldProps) {
  const id = useId();
  return (
    <span className="relative block max-sm:col-span-2 min-w-0 sm:!max-w-50 sm:!basis-41">
      <label
        htmlFor={id}
        className="pointer-events-none absolute top-1/2 left-2.5 -translate-y-1/2 text-sm text-ink-faint"
      >
        {label}
      </label>
      <Input
        id={id}
        type="date"
        className="!pl-12 !pr-1.5"
        value={value ?? ""}
        onChange={(event) => onChange(event.target.value || undefined)}
        {...props}
      />
    </span>
  );
}
