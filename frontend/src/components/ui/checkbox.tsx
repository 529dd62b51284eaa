import { Checkbox as Base } from "@base-ui/react/checkbox";
import { Check } from "lucide-react";
import { type ReactNode, useId } from "react";

interface CheckboxProps {
  checked: boolean;
  onChange: (checked: boolean) => void;
  label: ReactNode;
  hint?: ReactNode;
  disabled?: boolean;
}

export function Checkbox({ checked, onChange, label, hint, disabled }: CheckboxProps) {
  const id = useId();
  return (
    <div className="grid grid-cols-[auto_1fr] content-start items-start gap-x-2.5 gap-y-0.5">
      <Base.Root
        id={id}
        checked={checked}
        disabled={disabled}
        onCheckedChange={(value) => onChange(value)}
        aria-labelledby={`${id}-label`}
        aria-describedby={hint ? `${id}-hint` : undefined}
        className="mt-0.5 flex size-4.5 items-center justify-center rounded-sm border border-line-input bg-surface data-checked:border-accent data-checked:bg-accent data-disabled:opacity-50 pointer-coarse:size-5.5"
      >
        <Base.Indicator className="text-on-accent">
          <Check className="size-3.5" strokeWidth={3} aria-hidden />
        </Base.Indicator>
      </Base.Root>
      <label htmlFor={id} id={`${id}-label`} className={disabled ? "text-ink-faint" : undefined}>
        {label}
      </label>
      {hint ? (
        <p id={`${id}-hint`} className="col-start-2 text-sm text-ink-faint">
          {hint}
        </p>
      ) : null}
    </div>
  );
}
