import { Archive, ArrowRight, Cloud, FileUp, SquareTerminal } from "lucide-react";
import { useState } from "react";
import type { DatabaseView } from "@/client";
import { Button } from "@/components/ui/button";
import { Segmented } from "@/components/ui/segmented";
import { BackupPicker } from "./backup-picker";
import { BucketPicker } from "./bucket-picker";
import type { RestoreSource } from "./plan";
import { ScriptEditor } from "./script-editor";
import { UploadPicker } from "./upload-picker";

interface SourceStepProps {
  databases: DatabaseView[];
  databaseId?: string;
  s3ConfigId?: string;
  source: RestoreSource | null;
  onSource: (source: RestoreSource | null) => void;
  onNext: () => void;
}

export function SourceStep({ databases, databaseId, s3ConfigId, source, onSource, onNext }: SourceStepProps) {
  const [from, setFrom] = useState<RestoreSource["kind"]>(source?.kind ?? (s3ConfigId ? "s3" : "backup"));
  return (
    <section aria-label="Source" className="panel">
      <div className="space-y-4 p-4 sm:p-5">
        <Segmented
          label="Restore from"
          value={from}
          onChange={(next) => {
            setFrom(next);
            onSource(null);
          }}
          className="max-sm:grid max-sm:grid-cols-2"
          options={[
            {
              value: "backup",
              label: (
                <>
                  <Archive aria-hidden /> A listed backup
                </>
              ),
            },
            {
              value: "s3",
              label: (
                <>
                  <Cloud aria-hidden /> A bucket
                </>
              ),
            },
            {
              value: "upload",
              label: (
                <>
                  <FileUp aria-hidden /> A file
                </>
              ),
            },
            {
              value: "script",
              label: (
                <>
                  <SquareTerminal aria-hidden /> A script
                </>
              ),
            },
          ]}
        />
        {from === "backup" ? (
          <BackupPicker databases={databases} databaseId={databaseId} source={source} onSource={onSource} />
        ) : from === "s3" ? (
          <BucketPicker s3ConfigId={s3ConfigId} source={source} onSource={onSource} />
        ) : from === "upload" ? (
          <UploadPicker source={source} onSource={onSource} />
        ) : (
          <ScriptEditor source={source} onSource={onSource} />
        )}
      </div>
      <footer className="flex items-center justify-end gap-3 border-t px-4 py-3 sm:px-5">
        {source ? null : <p className="text-sm text-ink-faint">Choose what to restore.</p>}
        <Button variant="primary" disabled={!source} onClick={onNext}>
          Options
          <ArrowRight aria-hidden />
        </Button>
      </footer>
    </section>
  );
}
