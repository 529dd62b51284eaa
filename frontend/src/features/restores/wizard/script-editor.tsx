import { Field } from "@/components/ui/field";
import { Textarea } from "@/components/ui/textarea";
import { formatBytes } from "@/lib/format";
import type { RestoreSource } from "./plan";

/** The server's own bound may be lower; it says so then. */
const MOST_BYTES = 8 * 1024 * 1024;

interface ScriptEditorProps {
  source: RestoreSource | null;
  onSource: (source: RestoreSource | null) => void;
}

export function ScriptEditor({ source, onSource }: ScriptEditorProps) {
  const text = source?.kind === "script" ? source.text : "";
  const size = new Blob([text]).size;
  return (
    <Field
      label="SQL"
      hint={`Only SQL is run: commands of psql and mysql (\\!, \\copy, source) are refused. Longer scripts are uploaded as a file. ${formatBytes(size)} so far.`}
      error={size > MOST_BYTES ? `At most ${formatBytes(MOST_BYTES)}: upload it as a file.` : undefined}
    >
      {(control) => (
        <Textarea
          {...control}
          rows={14}
          spellCheck={false}
          placeholder="CREATE TABLE …;"
          className="font-mono text-sm"
          value={text}
          onChange={({ target: { value } }) =>
            onSource(value.trim() ? { kind: "script", text: value, format: "script" } : null)
          }
        />
      )}
    </Field>
  );
}
