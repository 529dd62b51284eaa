import { ClipboardPaste } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { ENGINES, type EngineType } from "@/lib/engine";
import { type ParsedConnection, parseConnectionString } from "../connection-string";

interface PasteConnectionProps {
  type: EngineType;
  onParsed: (connection: ParsedConnection) => void;
}

/** A connection string fills the form. It stays in this page: only the fields are sent. */
export function PasteConnection({ type, onParsed }: PasteConnectionProps) {
  const [text, setText] = useState("");
  const [error, setError] = useState<string>();
  const [filled, setFilled] = useState(false);

  function read(input: string) {
    if (!input.trim()) return setError(undefined);
    const result = parseConnectionString(input);
    setError(result.ok ? undefined : result.message);
    setFilled(result.ok);
    if (!result.ok) return;
    // The password is in its own field now; here it would stand in clear.
    setText("");
    onParsed(result.value);
  }

  return (
    <div className="rounded-md border border-line-strong border-dashed bg-sunken/60 p-4">
      <Field
        label="Connection string"
        optional
        error={error}
        hint={
          filled ? "The form below is filled. Check it, then test." : "Paste it and the form fills itself."
        }
      >
        {(control) => (
          <span className="flex gap-2">
            <Input
              {...control}
              value={text}
              spellCheck={false}
              placeholder={`${ENGINES[type].scheme}://user:password@host:${ENGINES[type].port}/database`}
              className="font-mono text-sm"
              onChange={(event) => {
                setText(event.target.value);
                setFilled(false);
              }}
              onPaste={(event) => {
                event.preventDefault();
                const pasted = event.clipboardData.getData("text");
                setText(pasted);
                read(pasted);
              }}
              onKeyDown={(event) => {
                if (event.key !== "Enter") return;
                event.preventDefault();
                read(text);
              }}
            />
            <Button onClick={() => read(text)}>
              <ClipboardPaste aria-hidden />
              Fill in
            </Button>
          </span>
        )}
      </Field>
    </div>
  );
}
