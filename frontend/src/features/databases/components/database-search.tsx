import { Search } from "lucide-react";
import { useEffect, useState } from "react";
import { Input } from "@/components/ui/input";
import { useDebounced } from "@/lib/use-debounced";

interface DatabaseSearchProps {
  search: string;
  onSearch: (search: string) => void;
}

/** Types freely; the address, and with it the list, follows when the typing pauses. */
export function DatabaseSearch({ search, onSearch }: DatabaseSearchProps) {
  const [text, setText] = useState(search);
  const settled = useDebounced(text, 250);

  // biome-ignore lint/correctness/useExhaustiveDependencies: only what was typed moves the address
  useEffect(() => {
    if (settled !== search) onSearch(settled);
  }, [settled]);

  return (
    <div className="relative mb-5 max-w-sm">
      <Search
        className="pointer-events-none absolute top-1/2 left-2.5 size-4 -translate-y-1/2 text-ink-faint"
        aria-hidden
      />
      <Input
        type="search"
        aria-label="Search databases"
        placeholder="Search by name or host"
        className="!pl-8"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
    </div>
  );
}
