import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";

interface TypedNameProps {
  name: string;
  typed: string;
  onTyped: (typed: string) => void;
}

/** The name of the database, typed by hand: nobody replaces one by a click too many. */
export function TypedName({ name, typed, onTyped }: TypedNameProps) {
  const wrong = typed !== "" && !name.startsWith(typed);
  return (
    <Field
      label={
        <>
          Type the name of the database, <span className="font-mono">{name}</span>
        </>
      }
      error={wrong ? `That is not ${name}.` : undefined}
      hint="Upper and lower case count."
      className="max-w-sm"
    >
      {(control) => (
        <Input
          {...control}
          value={typed}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          onChange={(event) => onTyped(event.target.value)}
        />
      )}
    </Field>
  );
}
