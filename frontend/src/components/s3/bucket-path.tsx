import { ChevronRight } from "lucide-react";

interface BucketPathProps {
  bucket: string;
  prefix: string;
  onOpen: (prefix: string) => void;
}

/** Where in the bucket we are; each part leads back there. */
export function BucketPath({ bucket, prefix, onOpen }: BucketPathProps) {
  const parts = prefix.split("/").filter(Boolean);
  const crumbs = [
    { label: bucket, prefix: "" },
    ...parts.map((label, index) => ({ label, prefix: `${parts.slice(0, index + 1).join("/")}/` })),
  ];
  return (
    <nav aria-label="Folder" className="border-b bg-sunken px-3 py-1.5">
      <ol className="flex flex-wrap items-center gap-0.5 font-mono text-sm">
        {crumbs.map((crumb, index) => {
          const last = index === crumbs.length - 1;
          return (
            <li key={crumb.prefix} className="flex items-center gap-0.5">
              {index > 0 ? <ChevronRight className="size-3.5 text-ink-faint" aria-hidden /> : null}
              <button
                type="button"
                aria-current={last ? "location" : undefined}
                onClick={() => onOpen(crumb.prefix)}
                className="min-h-6 rounded-sm px-1 hover:bg-line aria-[current]:font-bold pointer-coarse:min-h-9"
              >
                {crumb.label}
              </button>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
