import { cn } from "@/lib/cn";
import { DAY_NAMES, DAYS, type Day } from "../days";

interface DayTogglesProps {
  label: string;
  value: Day[];
  /** At least one day stays chosen. */
  required?: boolean;
  onChange: (days: Day[]) => void;
}

export function DayToggles({ label, value, required, onChange }: DayTogglesProps) {
  const toggle = (day: Day) => {
    const next = value.includes(day) ? value.filter((one) => one !== day) : [...value, day];
    if (next.length > 0 || !required) onChange(DAYS.filter((one) => next.includes(one)));
  };
  return (
    <fieldset>
      <legend className="mb-1.5 text-sm font-semibold">{label}</legend>
      <div className="flex flex-wrap gap-1">
        {DAYS.map((day) => (
          <button
            key={day}
            type="button"
            aria-pressed={value.includes(day)}
            aria-label={DAY_NAMES[day]}
            onClick={() => toggle(day)}
            className={cn(
              "h-9 min-w-11 rounded-md border px-2 text-sm font-semibold pointer-coarse:h-11",
              value.includes(day)
                ? "border-accent bg-accent-soft text-accent"
                : "border-line-strong bg-surface text-ink-soft hover:border-line-input",
            )}
          >
            {DAY_NAMES[day].slice(0, 3)}
          </button>
        ))}
      </div>
    </fieldset>
  );
}
