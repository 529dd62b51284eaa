import { ChevronFirst, ChevronLast, ChevronLeft, ChevronRight } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Select } from "@/components/ui/select";
import { formatCount } from "@/lib/format";
import { PAGE_SIZES } from "@/lib/page-size";

interface PaginationProps {
  page: number;
  limit: number;
  total: number;
  onPage: (page: number) => void;
  /** Left out: the page has the length it has. */
  onLimit?: (limit: number) => void;
  /** The pointer or the focus is on the way to this page: it may be fetched. */
  onIntent?: (page: number) => void;
}

export function Pagination({ page, limit, total, onPage, onLimit, onIntent }: PaginationProps) {
  const pages = Math.max(1, Math.ceil(total / limit));
  const first = Math.min(total, (page - 1) * limit + 1);
  const last = Math.min(total, page * limit);
  const towards = (next: number) => ({
    onClick: () => onPage(next),
    onPointerEnter: () => onIntent?.(next),
    onFocus: () => onIntent?.(next),
  });
  return (
    <nav
      aria-label="Pages"
      className="flex flex-wrap items-center justify-between gap-x-3 gap-y-2 border-t px-4 py-2"
    >
      <p className="caption" aria-live="polite">
        {formatCount(first)}–{formatCount(last)} of {formatCount(total)}
      </p>
      <div className="flex flex-wrap items-center justify-end gap-2">
        {onLimit && total > (PAGE_SIZES[0] ?? 0) ? (
          <Select
            aria-label="Rows on a page"
            value={limit}
            onChange={(event) => onLimit(Number(event.target.value))}
            className="w-30"
          >
            {PAGE_SIZES.map((size) => (
              <option key={size} value={size}>
                {size} a page
              </option>
            ))}
          </Select>
        ) : null}
        {pages > 1 ? (
          <>
            <Button size="icon" aria-label="First page" disabled={page <= 1} {...towards(1)}>
              <ChevronFirst aria-hidden />
            </Button>
            <Button size="sm" disabled={page <= 1} {...towards(page - 1)}>
              <ChevronLeft aria-hidden />
              Previous
            </Button>
            <Button size="sm" disabled={page >= pages} {...towards(page + 1)}>
              Next
              <ChevronRight aria-hidden />
            </Button>
            <Button size="icon" aria-label="Last page" disabled={page >= pages} {...towards(pages)}>
              <ChevronLast aria-hidden />
            </Button>
          </>
        ) : null}
      </div>
    </nav>
  );
}
