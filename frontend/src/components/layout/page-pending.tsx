import { Skeleton } from "@/components/ui/skeleton";

export function PagePending() {
  return (
    <div role="status" aria-label="Loading the page">
      <Skeleton className="h-8 w-56" />
      <Skeleton className="mt-3 h-4 w-80 max-w-full" />
      <Skeleton className="mt-8 h-48 w-full" />
    </div>
  );
}
