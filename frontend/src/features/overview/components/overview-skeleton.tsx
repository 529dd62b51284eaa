import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { PageHeader } from "@/components/layout/page-header";
import { Skeleton } from "@/components/ui/skeleton";
import { QuickActions } from "./quick-actions";

/** The overview before anything is known, each part where it will stand. */
export function OverviewSkeleton() {
  return (
    <>
      <PageHeader
        title="Overview"
        meta={<Skeleton className="my-1 h-4 w-72 max-w-full" />}
        actions={<QuickActions />}
      />
      <div className="space-y-5">
        <FiguresSkeleton />
        <div className="panel">
          <TableSkeleton label="Loading the overview" />
        </div>
      </div>
    </>
  );
}

export function FiguresSkeleton() {
  return (
    <div className="grid grid-cols-2 gap-3 sm:grid-cols-6 lg:grid-cols-5">
      {Array.from({ length: 5 }, (_, index) => (
        <Skeleton
          key={index}
          className={`h-[5.9rem] rounded-lg lg:col-span-1 ${index < 3 ? "sm:col-span-2" : "sm:col-span-3"} ${index === 4 ? "max-sm:col-span-2" : ""}`}
        />
      ))}
    </div>
  );
}
