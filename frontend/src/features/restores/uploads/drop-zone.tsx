import { FileUp } from "lucide-react";
import { type DragEvent, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { cn } from "@/lib/cn";

/** Where a dump is dropped, or chosen from a dialog. */
export function DropZone({ onFiles }: { onFiles: (files: File[]) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    if (event.dataTransfer.files.length > 0) onFiles([...event.dataTransfer.files]);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is an extra; the button in it does the same
    <div
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
      className={cn(
        "flex flex-col items-center gap-3 rounded-md border border-line-strong border-dashed px-4 py-8 text-center",
        over && "border-accent bg-accent-soft",
      )}
    >
      <FileUp className="size-6 text-ink-faint" aria-hidden />
      <Button onClick={() => input.current?.click()}>Choose a file</Button>
      <p className="max-w-prose text-sm text-ink-soft">
        or drop it here: an archive of <code>pg_dump -Fc</code>, or SQL of pg_dump, mysqldump or mariadb-dump,
        plain or in gzip or zstd, encrypted with age or not. What it is shows from its content, not its name.
        Of a backup of this product add the manifest (<code>.json</code>) beside it.
      </p>
      <input
        ref={input}
        type="file"
        multiple
        aria-label="File to upload"
        className="sr-only"
        tabIndex={-1}
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          event.target.value = "";
        }}
      />
    </div>
  );
}
