import { Link } from "@tanstack/react-router";
import { CircleAlert } from "lucide-react";
import type { S3ConfigView } from "@/client";
import { Checkbox } from "@/components/ui/checkbox";

interface DestinationsProps {
  s3Configs: S3ConfigView[];
  local: boolean;
  s3ConfigIds: string[];
  error?: string;
  onChange: (local: boolean, s3ConfigIds: string[]) => void;
}

/** Where the copies of a backup go: this machine's disk, any number of buckets, or both. */
export function Destinations({ s3Configs, local, s3ConfigIds, error, onChange }: DestinationsProps) {
  return (
    <fieldset className="space-y-2">
      <legend className="mb-1.5 text-sm font-semibold">Copies go to</legend>
      <div className="divide-y divide-line rounded-md border border-line-strong">
        <div className="px-3 py-2.5">
          <Checkbox
            checked={local}
            onChange={(value) => onChange(value, s3ConfigIds)}
            label="Local disk"
            hint="The quickest to restore from; lost when this machine is."
          />
        </div>
        {s3Configs.map((config) => (
          <div key={config.id} className="px-3 py-2.5">
            <Checkbox
              checked={s3ConfigIds.includes(config.id)}
              disabled={!config.enabled}
              onChange={(value) =>
                onChange(
                  local,
                  value ? [...s3ConfigIds, config.id] : s3ConfigIds.filter((id) => id !== config.id),
                )
              }
              label={`S3: ${config.name}`}
              hint={
                config.enabled ? [config.bucket, config.pathPrefix].filter(Boolean).join("/") : "Disabled"
              }
            />
          </div>
        ))}
      </div>
      {error ? (
        <p role="alert" className="flex gap-1.5 text-sm text-bad">
          <CircleAlert className="mt-0.5 size-3.5 shrink-0" aria-hidden />
          {error}
        </p>
      ) : null}
      {s3Configs.length === 0 ? (
        <p className="text-sm text-ink-soft">
          A copy off this machine survives its loss.{" "}
          <Link to="/s3-configs/new" className="font-semibold text-accent underline underline-offset-2">
            Add S3 storage
          </Link>
        </p>
      ) : null}
    </fieldset>
  );
}
