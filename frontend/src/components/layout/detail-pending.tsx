import { Skeleton } from "@/components/ui/skeleton";

/** The outline of a page about one thing: way back, name, state, two columns of facts. */
export function DetailPending() {
  return (
    <div role="status" aria-label="Loading the page">
      <Skeleton className="h-5 w-24" />
      <Skeleton className="mt-2 h-8 w-72 max-w-full" />
      <Skeleton className="mt-2.5 h-6 w-56 max-w-full" />
      <div className="mt-7 grid items-start gap-5 lg:grid-cols-2">
        <Outline rows={8} />
        <Outline rows={4} />
      </div>
    </div>
  );
}

function Outline({ rows }: { rows: number }) {
  return (
    <div className="panel">
      <div className="flex h-11 items-center border-b px-4">
        <Skeleton className="h-4 w-28" />
      </div>
      <div className="divide-y divide-line px-4">
        {Array.from({ length: rows }, (_, index) => (
          <div key={index} className="flex h-9.5 items-center gap-6">
            <Skeleton className="h-4 w-24" />
            <Skeleton className="h-4 w-1/2" />
          </div>
        ))}
      </div>
    </div>
  );
}
