import { Eye, EyeOff } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";

interface NewPasswordProps {
  label?: string;
  value: string;
  onChange: (value: string) => void;
  error?: string;
  optional?: boolean;
}

const LEAST = 12;

/** A password to choose: it can be looked at, which spares typing it twice. */
export function NewPassword({ label = "Password", value, onChange, error, optional }: NewPasswordProps) {
  const [shown, setShown] = useState(false);
  return (
    <Field
      label={label}
      optional={optional}
      error={error}
      hint={`At least ${LEAST} characters; several words are easy to remember and hard to guess.`}
    >
      {(control) => (
        <span className="flex gap-2">
          <Input
            {...control}
            required={!optional}
            type={shown ? "text" : "password"}
            autoComplete="new-password"
            minLength={LEAST}
            maxLength={256}
            spellCheck={false}
            value={value}
            onChange={(e) => onChange(e.target.value)}
          />
          <Button
            variant="ghost"
            size="icon"
            aria-label={shown ? "Hide the password" : "Show the password"}
            aria-pressed={shown}
            onClick={() => setShown(!shown)}
          >
            {shown ? <EyeOff aria-hidden /> : <Eye aria-hidden />}
          </Button>
        </span>
      )}
    </Field>
  );
}
