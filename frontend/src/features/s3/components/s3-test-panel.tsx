import { PlugZap } from "lucide-react";
import type { S3Test } from "@/client";
import { Skeleton } from "@/components/ui/skeleton";
import { S3TestSteps } from "./s3-test-steps";

interface S3TestPanelProps {
  result: S3Test | undefined;
  pending: boolean;
}

export function S3TestPanel({ result, pending }: S3TestPanelProps) {
  return (
    <section
      aria-label="Storage test"
      aria-live="polite"
      aria-busy={pending}
      className="panel p-4 lg:sticky lg:top-6"
    >
      <h2 className="mb-3 font-bold">Storage test</h2>
      {pending ? (
        <div className="space-y-2.5">
          <p className="text-ink-soft">Trying every operation a backup needs…</p>
          <Skeleton className="h-4 w-4/5" />
          <Skeleton className="h-4 w-3/5" />
          <Skeleton className="h-4 w-2/3" />
        </div>
      ) : result ? (
        <S3TestSteps result={result} />
      ) : (
        <p className="flex gap-2.5 text-ink-soft">
          <PlugZap className="mt-0.5 size-4 shrink-0" aria-hidden />
          Writes, reads, lists and deletes a small test object: what a backup will do later. It runs before
          saving, too.
        </p>
      )}
    </section>
  );
}
