import { Switch as Base } from "@base-ui/react/switch";

interface SwitchProps {
  label: string;
  checked: boolean;
  disabled?: boolean;
  onChange: (checked: boolean) => void;
}

/** On or off, at once: for what is saved by the flick itself. */
export function Switch({ label, checked, disabled, onChange }: SwitchProps) {
  return (
    <Base.Root
      checked={checked}
      disabled={disabled}
      onCheckedChange={onChange}
      aria-label={label}
      nativeButton
      render={<button type="button" />}
      className="inline-flex h-6 w-10 shrink-0 items-center rounded-full border border-line-input bg-sunken p-0.5 transition-colors data-checked:border-accent data-checked:bg-accent data-disabled:opacity-50 pointer-coarse:h-7 pointer-coarse:w-12"
    >
      <Base.Thumb className="size-4.5 rounded-full bg-ink-soft transition-transform data-checked:translate-x-4 data-checked:bg-on-accent pointer-coarse:size-5.5 pointer-coarse:data-checked:translate-x-5" />
    </Base.Root>
  );
}
