import { type ComponentProps, useId } from "react";
import { Input } from "@/components/ui/input";

interface DayFieldProps extends Omit<ComponentProps<"input">, "value"> {
  label: string;
  value: string | undefined;
}

/** A day, with its label inside the box: a bare date field doesn't say which end it is. */
export function DayField({ label, value, ...props }: DayFieldProps) {
  const id = useId();
  return (
    <span className="relative block max-sm:col-span-2 lg:!w-46">
      <label
        htmlFor={id}
        className="pointer-events-none absolute top-1/2 left-2.5 -translate-y-1/2 text-sm text-ink-faint"
      >
        {label}
      </label>
      <Input id={id} type="date" className="!pl-13" value={value ?? ""} {...props} />
    </span>
  );
}
