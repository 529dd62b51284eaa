import { Skeleton } from "@/components/ui/skeleton";

/** The outline of a page with a form. */
export function FormPending() {
  return (
    <div role="status" aria-label="Loading the page">
      <Skeleton className="h-5 w-24" />
      <Skeleton className="mt-2 h-8 w-64 max-w-full" />
      <div className="panel mt-7 max-w-3xl space-y-5 p-4 sm:p-6">
        {Array.from({ length: 5 }, (_, index) => (
          <div key={index}>
            <Skeleton className="h-4 w-24" />
            <Skeleton className="mt-1.5 h-9" />
          </div>
        ))}
      </div>
    </div>
  );
}
