import { Link } from "@tanstack/react-router";
import type { EncryptionKeyView } from "@/client";
import { Segmented } from "@/components/ui/segmented";

interface EncryptionChoiceProps {
  /** The key new backups are encrypted to. */
  encryptionKey: EncryptionKeyView | undefined;
  value: "age" | "none";
  error: string | undefined;
  onChange: (value: "age" | "none") => void;
}

export function EncryptionChoice({ encryptionKey, value, error, onChange }: EncryptionChoiceProps) {
  return (
    <div className="flex flex-col items-start gap-1.5">
      <p className="text-sm font-semibold">Encryption</p>
      {encryptionKey ? (
        <Segmented
          label="Encryption"
          value={value}
          onChange={onChange}
          options={[
            { value: "age", label: "age" },
            { value: "none", label: "none" },
          ]}
        />
      ) : null}
      <p className="text-sm text-ink-faint">
        {encryptionKey ? (
          value === "age" ? (
            `Opens only with the private key of ${encryptionKey.name}.`
          ) : (
            "Whoever gets the file can read it."
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
