import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CloudOff } from "lucide-react";
import { useState } from "react";
import { ErrorState } from "@/components/layout/error-state";
import { BucketBrowser } from "@/components/s3/bucket-browser";
import { buttonClass } from "@/components/ui/button-class";
import { Empty } from "@/components/ui/empty";
import { Field } from "@/components/ui/field";
import { Select } from "@/components/ui/select";
import { Skeleton } from "@/components/ui/skeleton";
import { s3ConfigsQuery } from "@/lib/queries";
import type { RestoreSource } from "./plan";

interface BucketPickerProps {
  s3ConfigId?: string;
  source: RestoreSource | null;
  onSource: (source: RestoreSource | null) => void;
}

/** A backup that lies in a bucket, even one this instance never made. */
export function BucketPicker({ s3ConfigId, source, onSource }: BucketPickerProps) {
  const configs = useQuery(s3ConfigsQuery());
  const [chosen, setChosen] = useState(s3ConfigId ?? "");
  if (configs.isError) {
    return (
      <ErrorState
        title="The storage list could not be loaded"
        error={configs.error}
        onRetry={() => configs.refetch()}
      />
    );
  }
  if (!configs.data) return <Skeleton className="h-40" />;
  const config = configs.data.find((one) => one.id === chosen) ?? configs.data[0];
  if (!config) {
    return (
      <Empty
        icon={CloudOff}
        title="No S3 storage yet"
        actions={
          <Link to="/s3-configs/new" className={buttonClass({ variant: "primary" })}>
            Add S3 storage
          </Link>
        }
      >
        Add the bucket the backups are in, then come back.
      </Empty>
    );
  }
  return (
    <div className="space-y-3">
      <Field
        label="Storage"
        className="max-w-sm"
        hint="Only backups with their manifest beside them can be chosen."
      >
        {(control) => (
          <Select
            {...control}
            value={config.id}
            onChange={(event) => {
              setChosen(event.target.value);
              onSource(null);
            }}
          >
            {configs.data.map((one) => (
              <option key={one.id} value={one.id}>
                {one.name} ({one.bucket})
              </option>
            ))}
          </Select>
        )}
      </Field>
      <BucketBrowser
        key={config.id}
        configId={config.id}
        bucket={config.bucket}
        startPrefix={config.pathPrefix ? `${config.pathPrefix}/` : ""}
        chosenKey={source?.kind === "s3" ? source.key : undefined}
        onChoose={(object) =>
          onSource({ kind: "s3", s3ConfigId: config.id, configName: config.name, key: object.key })
        }
      />
    </div>
  );
}
