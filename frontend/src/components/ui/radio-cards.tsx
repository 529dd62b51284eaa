import { Radio } from "@base-ui/react/radio";
import { RadioGroup } from "@base-ui/react/radio-group";
import { type ReactNode, useId } from "react";
import { cn } from "@/lib/cn";

export interface RadioOption<Value extends string> {
  value: Value;
  label: ReactNode;
  hint?: ReactNode;
  disabled?: boolean;
  tone?: "danger";
}

interface RadioCardsProps<Value extends string> {
  label: string;
  value: Value;
  onChange: (value: Value) => void;
  options: RadioOption<Value>[];
  className?: string;
}

/** One choice of a few, each with a line that says what it does. */
export function RadioCards<Value extends string>(props: RadioCardsProps<Value>) {
  const { label, value, onChange, options, className } = props;
  const id = useId();
  return (
    <RadioGroup
      value={value}
      onValueChange={(next) => onChange(next as Value)}
      aria-label={label}
      className={cn("grid gap-2", className)}
    >
      {options.map((option) => (
        <label
          key={option.value}
          htmlFor={`${id}-${option.value}`}
          className={cn(
            "grid grid-cols-[auto_1fr] items-start gap-x-2.5 rounded-md border border-line-strong bg-surface px-3 py-2.5",
            "has-data-checked:border-accent has-data-checked:bg-accent-soft",
            option.disabled ? "cursor-not-allowed text-ink-faint" : "hover:border-line-input",
          )}
        >
          <Radio.Root
            id={`${id}-${option.value}`}
            value={option.value}
            disabled={option.disabled}
            aria-labelledby={`${id}-${option.value}-label`}
            aria-describedby={option.hint ? `${id}-${option.value}-hint` : undefined}
            className="mt-0.5 flex size-4.5 items-center justify-center rounded-full border border-line-input bg-surface data-checked:border-accent data-disabled:opacity-50"
          >
            <Radio.Indicator className="size-2.5 rounded-full bg-accent" />
          </Radio.Root>
          <span className="min-w-0">
            <span id={`${id}-${option.value}-label`} className="block font-semibold">
              {option.label}
            </span>
            {option.hint ? (
              <span
                id={`${id}-${option.value}-hint`}
                className={cn("block text-sm", option.tone === "danger" ? "text-bad" : "text-ink-soft")}
              >
                {option.hint}
              </span>
            ) : null}
          </span>
        </label>
      ))}
    </RadioGroup>
  );
}
