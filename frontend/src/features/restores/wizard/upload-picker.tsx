import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import type { RestoreUploadView } from "@/client";
import { ErrorState } from "@/components/layout/error-state";
import { Notice } from "@/components/ui/notice";
import { Skeleton } from "@/components/ui/skeleton";
import { uploadsQuery } from "../uploads/api";
import { DropZone } from "../uploads/drop-zone";
import { UploadProgress } from "../uploads/upload-progress";
import { UploadRow } from "../uploads/upload-row";
import { useUpload } from "../uploads/use-upload";
import type { RestoreSource } from "./plan";

interface UploadPickerProps {
  source: RestoreSource | null;
  onSource: (source: RestoreSource | null) => void;
}

/** A dump that is on this device; and what was uploaded before. */
export function UploadPicker({ source, onSource }: UploadPickerProps) {
  const uploads = useQuery(uploadsQuery());
  const group = useId();
  const { sending, problem, start, stop } = useUpload(uploads.data ?? [], () => onSource(null));
  const chosen = source?.kind === "upload" ? source.uploadId : null;
  return (
    <div className="space-y-4">
      {sending ? <UploadProgress {...sending} onStop={stop} /> : <DropZone onFiles={start} />}
      {problem ? (
        <Notice tone="bad" live title="The file was not uploaded">
          {problem}
        </Notice>
      ) : null}
      {uploads.isError ? (
        <ErrorState
          title="The uploads could not be loaded"
          error={uploads.error}
          onRetry={() => uploads.refetch()}
        />
      ) : uploads.isPending ? (
        <Skeleton className="h-16" />
      ) : uploads.data.length > 0 ? (
        <fieldset className="divide-y divide-line overflow-hidden rounded-md border border-line-strong">
          <legend className="sr-only">Uploaded file to restore</legend>
          {uploads.data.map((upload) => (
            <UploadRow
              key={upload.id}
              upload={upload}
              group={group}
              chosen={upload.id === chosen}
              onChoose={() => onSource(toSource(upload))}
              onDeleted={() => upload.id === chosen && onSource(null)}
            />
          ))}
        </fieldset>
      ) : null}
    </div>
  );
}

function toSource(upload: RestoreUploadView): RestoreSource {
  return {
    kind: "upload",
    uploadId: upload.id,
    name: upload.name,
    engine: upload.engine,
    format: upload.format ?? "script",
    database: upload.database,
  };
}
