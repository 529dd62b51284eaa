import { Link } from "@tanstack/react-router";
import { Cloud, FolderOpen, Pencil, PlugZap, Star, Trash2 } from "lucide-react";
import { useState } from "react";
import type { S3ConfigView } from "@/client";
import { Allowed } from "@/components/access/allowed";
import { BucketBrowser } from "@/components/s3/bucket-browser";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { buttonClass } from "@/components/ui/button-class";
import { Dialog } from "@/components/ui/dialog";
import { Notice } from "@/components/ui/notice";
import { describeError } from "@/lib/api-error";
import { formatCount } from "@/lib/format";
import { useTestS3Config } from "../api";
import { DeleteS3Config } from "./delete-s3-config";
import { FindBackups } from "./find-backups";
import { S3TestSteps } from "./s3-test-steps";

export function S3ConfigCard({ config }: { config: S3ConfigView }) {
  const [browsing, setBrowsing] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const test = useTestS3Config(config.id);
  const place = `${config.bucket}${config.pathPrefix ? `/${config.pathPrefix}` : ""}`;
  return (
    <article aria-label={config.name} className="panel">
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3 px-4 py-3.5">
        <div className="min-w-0">
          <h2 className="flex flex-wrap items-center gap-2 font-bold">
            <Cloud className="size-4.5 shrink-0 text-ink-faint" aria-hidden />
            {config.name}
            {config.isDefault ? (
              <Badge tone="accent" icon={Star}>
                Default
              </Badge>
            ) : null}
            {config.enabled ? null : <Badge>Disabled</Badge>}
          </h2>
          <p className="mt-0.5 font-mono text-sm break-all text-ink-faint">
            s3://{place}
            {config.endpoint ? ` at ${config.endpoint}` : ` in ${config.region}`}
          </p>
          <p className="mt-1 text-sm text-ink-soft">
            {formatCount(config.copies)} {config.copies === 1 ? "copy" : "copies"} · key ends in{" "}
            {config.accessKeyHint}
          </p>
        </div>
        <div className="flex flex-wrap gap-2">
          <Allowed to="restore.execute">
            <Button size="sm" onClick={() => setBrowsing(true)}>
              <FolderOpen aria-hidden />
              Browse
            </Button>
          </Allowed>
          <Allowed to="system.configure">
            <FindBackups configId={config.id} name={config.name} />
            <Button size="sm" busy={test.isPending} onClick={() => test.mutate()}>
              {test.isPending ? null : <PlugZap aria-hidden />}
              Test
            </Button>
            <Link
              to="/s3-configs/$id/edit"
              params={{ id: config.id }}
              className={buttonClass({ size: "sm" })}
            >
              <Pencil aria-hidden />
              Edit
            </Link>
            <Button
              variant="ghost"
              size="icon"
              aria-label={`Delete ${config.name}`}
              onClick={() => setDeleting(true)}
            >
              <Trash2 aria-hidden />
            </Button>
          </Allowed>
        </div>
      </div>
      {test.isError ? (
        <div className="border-t p-4">
          <Notice tone="bad" live title="The storage could not be tested">
            {describeError(test.error)}
          </Notice>
        </div>
      ) : null}
      {test.data ? (
        <section aria-label="Test result" aria-live="polite" className="border-t px-4 py-3.5">
          <S3TestSteps result={test.data} />
        </section>
      ) : null}
      <Dialog open={browsing} onOpenChange={setBrowsing} title={`Contents of ${config.name}`} wide>
        <BucketBrowser
          configId={config.id}
          bucket={config.bucket}
          startPrefix={config.pathPrefix ? `${config.pathPrefix}/` : ""}
        />
      </Dialog>
      <DeleteS3Config config={config} open={deleting} onOpenChange={setDeleting} />
    </article>
  );
}
