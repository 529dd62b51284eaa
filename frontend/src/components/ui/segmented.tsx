import { Radio } from "@base-ui/react/radio";
import { RadioGroup } from "@base-ui/react/radio-group";
import type { ReactNode } from "react";
import { cn } from "@/lib/cn";

interface SegmentedProps<Value extends string> {
  label: string;
  value: Value;
  onChange: (value: Value) => void;
  options: { value: Value; label: ReactNode; name?: string }[];
  vertical?: boolean;
  className?: string;
}

/** A short choice in one row; arrow keys move it. */
export function Segmented<Value extends string>(props: SegmentedProps<Value>) {
  const { label, value, onChange, options, vertical, className } = props;
  return (
    <RadioGroup
      value={value}
      onValueChange={(next) => onChange(next as Value)}
      aria-label={label}
      className={cn(
        "inline-flex rounded-md border border-line-strong bg-sunken p-0.5",
        vertical && "flex-col",
        className,
      )}
    >
      {options.map((option) => (
        <Radio.Root
          key={option.value}
          value={option.value}
          aria-label={option.name}
          nativeButton
          render={<button type="button" />}
          className="inline-flex min-h-7 flex-1 whitespace-nowrap items-center justify-center gap-1.5 rounded-sm px-2.5 text-sm font-semibold text-ink-soft hover:text-ink data-checked:bg-surface data-checked:text-ink data-checked:shadow-raised pointer-coarse:min-h-9 [&_svg]:size-4"
        >
          {option.label}
        </Radio.Root>
      ))}
    </RadioGroup>
  );
}
