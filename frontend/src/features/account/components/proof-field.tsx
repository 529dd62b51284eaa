import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { ApiError } from "@/lib/api-error";

interface ProofFieldProps {
  kind: "password" | "code";
  value: string;
  onChange: (value: string) => void;
  error: unknown;
}

/** The field for one's password or a code, with what the server says of it. */
export function ProofField({ kind, value, onChange, error }: ProofFieldProps) {
  const problems = error instanceof ApiError ? error.details : [];
  const password = kind === "password";
  return (
    <Field
      label={password ? "Your password" : "Code"}
      error={problems.find((one) => one.field === kind)?.message}
    >
      {(control) => (
        <Input
          {...control}
          required
          type={password ? "password" : "text"}
          autoComplete={password ? "current-password" : "one-time-code"}
          maxLength={password ? 256 : 50}
          value={value}
          onChange={(e) => onChange(e.target.value)}
        />
      )}
    </Field>
  );
}

/** What the server says, unless it stands at a field already. */
export const elsewhere = (error: unknown) => !(error instanceof ApiError && error.details.length > 0);
