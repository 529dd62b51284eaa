import { useQuery } from "@tanstack/react-query";
import { DayField } from "@/components/data-table/day-field";
import { FilterBar } from "@/components/data-table/filter-bar";
import { RUN_STATUSES } from "@/components/run/run-state";
import { Select } from "@/components/ui/select";
import { databasesQuery } from "@/lib/queries";
import { countRestoreFilters, type RestoresSearch } from "../search";

interface RestoreFiltersProps {
  search: RestoresSearch;
  onSearch: (search: RestoresSearch) => void;
  onClear: () => void;
}

export function RestoreFilters({ search, onSearch, onClear }: RestoreFiltersProps) {
  const databases = useQuery(databasesQuery());
  // A new filter starts on its first page.
  const set = (change: RestoresSearch) => onSearch({ ...search, ...change, page: undefined });
  return (
    <FilterBar label="Filter restores" active={countRestoreFilters(search)} onClear={onClear}>
      <Select
        aria-label="Target database"
        value={search.databaseId ?? ""}
        onChange={(event) => set({ databaseId: event.target.value || undefined })}
      >
        <option value="">To any server</option>
        {databases.data?.items.map((database) => (
          <option key={database.id} value={database.id}>
            To the server of {database.name}
          </option>
        ))}
      </Select>
      <Select
        aria-label="Status"
        value={search.status ?? ""}
        onChange={(event) => set({ status: event.target.value || undefined })}
      >
        <option value="">Any status</option>
        {RUN_STATUSES.map((status) => (
          <option key={status} value={status}>
            {status.charAt(0).toUpperCase() + status.slice(1)}
          </option>
        ))}
      </Select>
      <DayField label="From" value={search.from} max={search.to} onChange={(from) => set({ from })} />
      <DayField label="To" value={search.to} min={search.from} onChange={(to) => set({ to })} />
    </FilterBar>
  );
}
