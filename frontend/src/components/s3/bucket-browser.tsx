import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { S3Object } from "@/client";
import { browseS3Config } from "@/client";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { ErrorState } from "@/components/layout/error-state";
import { Button } from "@/components/ui/button";
import { ask } from "@/lib/api";
import { cn } from "@/lib/cn";
import { BucketPath } from "./bucket-path";
import { FolderRow, ObjectRow } from "./bucket-rows";

interface BucketBrowserProps {
  configId: string;
  bucket: string;
  /** Where to start: the config's own folder. */
  startPrefix: string;
  /** Makes backups choosable; without it the list is only looked at. */
  onChoose?: (object: S3Object) => void;
  chosenKey?: string;
}

/** Folders and objects of a bucket, a page at a time. */
export function BucketBrowser({ configId, bucket, startPrefix, onChoose, chosenKey }: BucketBrowserProps) {
  const [prefix, setPrefix] = useState(startPrefix);
  const listing = useInfiniteQuery({
    queryKey: ["s3-configs", "objects", configId, prefix],
    queryFn: ({ pageParam }) =>
      ask(browseS3Config({ path: { config_id: configId }, query: { prefix, next: pageParam ?? undefined } })),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    placeholderData: keepPreviousData,
    meta: { onDemand: true },
  });
  const pages = listing.data?.pages ?? [];
  const folders = pages.flatMap((page) => page.folders);
  // A manifest stands for the backup beside it: the backup itself is what people look for.
  const objects = pages
    .flatMap((page) => page.objects)
    .filter((object) => !object.key.endsWith(".json") || !onChoose);

  return (
    <div className="overflow-hidden rounded-md border border-line-strong">
      <BucketPath bucket={bucket} prefix={prefix} onOpen={setPrefix} />
      {listing.isError ? (
        <div className="p-3">
          <ErrorState
            title="The bucket could not be listed"
            error={listing.error}
            onRetry={() => listing.refetch()}
          />
        </div>
      ) : listing.isPending ? (
        <TableSkeleton label="Loading the bucket" rows={4} />
      ) : folders.length + objects.length === 0 ? (
        <p className="px-4 py-8 text-center text-ink-soft">Nothing in this folder.</p>
      ) : (
        <ul
          aria-label={`Contents of ${prefix || bucket}`}
          className={cn(
            "max-h-96 divide-y divide-line overflow-y-auto",
            listing.isPlaceholderData && "opacity-60",
          )}
        >
          {folders.map((folder) => (
            <FolderRow key={folder} folder={folder} prefix={prefix} onOpen={() => setPrefix(folder)} />
          ))}
          {objects.map((object) => (
            <ObjectRow
              key={object.key}
              object={object}
              prefix={prefix}
              chosen={object.key === chosenKey}
              onChoose={onChoose ? () => onChoose(object) : undefined}
            />
          ))}
        </ul>
      )}
      {listing.hasNextPage ? (
        <div className="border-t p-2">
          <Button size="sm" busy={listing.isFetchingNextPage} onClick={() => listing.fetchNextPage()}>
            Load more
          </Button>
        </div>
      ) : null}
    </div>
  );
}
