import { useQuery } from "@tanstack/react-query";
import { FilterBar } from "@/components/data-table/filter-bar";
import { Select } from "@/components/ui/select";
import { databasesQuery } from "@/lib/queries";
import type { SchedulesSearch } from "../search";

interface ScheduleFiltersProps {
  search: SchedulesSearch;
  onSearch: (search: SchedulesSearch) => void;
}

export function ScheduleFilters({ search, onSearch }: ScheduleFiltersProps) {
  const databases = useQuery(databasesQuery());
  const choose = (key: keyof SchedulesSearch) => (event: { target: { value: string } }) =>
    onSearch({ ...search, [key]: event.target.value || undefined });
  const active = [search.databaseId, search.state].filter(Boolean).length;
  return (
    <FilterBar label="Filter schedules" active={active} onClear={() => onSearch({ sort: search.sort })}>
      <Select aria-label="Database" value={search.databaseId ?? ""} onChange={choose("databaseId")}>
        <option value="">All databases</option>
        {databases.data?.items.map((database) => (
          <option key={database.id} value={database.id}>
            {database.name}
          </option>
        ))}
      </Select>
      <Select aria-label="State" value={search.state ?? ""} onChange={choose("state")}>
        <option value="">On or off</option>
        <option value="on">Switched on</option>
        <option value="off">Switched off</option>
        <option value="failed">Last run failed</option>
      </Select>
      <Select aria-label="Sort by" value={search.sort ?? ""} onChange={choose("sort")}>
        <option value="">By database</option>
        <option value="nextRunAt">By the next run</option>
        <option value="name">By name</option>
      </Select>
    </FilterBar>
  );
}
