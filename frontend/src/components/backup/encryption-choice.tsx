import { Link } from "@tanstack/react-router";
import type { EncryptionKeyView } from "@/client";
import { Segmented } from "@/components/ui/segmented";
import { activeKeys, type Encryption } from "@/lib/active-key";

interface EncryptionChoiceProps {
  encryptionKeys: EncryptionKeyView[];
  value: Encryption;
  error: string | undefined;
  onChange: (value: Encryption) => void;
}

const LABELS: Record<Encryption, string> = { age: "age", openpgp: "OpenPGP", none: "none" };

export function EncryptionChoice({ encryptionKeys, value, error, onChange }: EncryptionChoiceProps) {
  const keys = activeKeys(encryptionKeys);
  const chosen = keys.find((key) => key.kind === value);
  const kinds = [...keys.map((key) => key.kind as Encryption), "none" as const];
  return (
    <div className="flex flex-col items-start gap-1.5">
      <p className="text-sm font-semibold">Encryption</p>
      {keys.length > 0 ? (
        <Segmented
          label="Encryption"
          value={value}
          onChange={onChange}
          options={kinds.map((kind) => ({ value: kind, label: LABELS[kind] }))}
        />
      ) : null}
      <p className="text-sm text-ink-faint">
        {chosen ? (
          `Opens only with the private key of ${chosen.name}.`
        ) : keys.length > 0 ? (
          value === "none" ? (
            "Whoever gets the file can read it."
          ) : (
            `There is no active key for ${LABELS[value]}: choose another encryption.`
          )
        ) : (
          <>
            None: there is no active key.{" "}
            <Link to="/encryption-keys" className="font-semibold text-accent underline underline-offset-2">
              Make a key
            </Link>
          </>
        )}
      </p>
      {error ? (
        <p role="alert" className="text-sm text-bad">
          {error}
        </p>
      ) : null}
    </div>
  );
}
