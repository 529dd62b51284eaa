import { FilterX } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "@/components/ui/button";

/** The filters leave nothing; what to do next. */
export function NoMatch({ children, onClear }: { children: ReactNode; onClear: () => void }) {
  return (
    <div className="flex flex-col items-center gap-3 px-4 py-12 text-ink-soft">
      {children}
      <Button onClick={onClear}>
        <FilterX aria-hidden />
        Clear the filters
      </Button>
    </div>
  );
}
