import { FilterX, ListFilter } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Button } from "@/components/ui/button";
import { cn } from "@/lib/cn";
import { useMediaQuery } from "@/lib/use-media-query";

interface FilterBarProps {
  /** For screen readers: "Filter backups". */
  label: string;
  /** How many filters are set. */
  active: number;
  onClear: () => void;
  children: ReactNode;
}

/** The filters above a table. On the phone they stay folded, unless some are set. */
export function FilterBar({ label, active, onClear, children }: FilterBarProps) {
  const [open, setOpen] = useState(active > 0);
  const wide = useMediaQuery("(min-width: 640px)");
  return (
    <search aria-label={label} className="border-b px-4 py-1.5 sm:py-3">
      {wide ? null : (
        <div className="flex items-center justify-between gap-2">
          <Button variant="ghost" className="-ml-3" aria-expanded={open} onClick={() => setOpen(!open)}>
            <ListFilter aria-hidden />
            {active > 0 ? `Filters (${active})` : "Filters"}
          </Button>
          {active > 0 && !open ? <ClearButton onClear={onClear} /> : null}
        </div>
      )}
      <div
        className={cn(
          "grid grid-cols-2 gap-2 max-sm:mt-1 max-sm:mb-1.5 sm:flex sm:flex-wrap sm:items-center sm:[&>*]:max-w-56 sm:[&>*]:flex-1 sm:[&>*]:basis-40",
          wide || open || "hidden",
        )}
      >
        {children}
        {active > 0 ? <ClearButton onClear={onClear} className="sm:!max-w-fit sm:!basis-auto" /> : null}
      </div>
    </search>
  );
}

function ClearButton({ onClear, className }: { onClear: () => void; className?: string }) {
  return (
    <Button variant="ghost" className={className} onClick={onClear}>
      <FilterX aria-hidden />
      Clear
    </Button>
  );
}
