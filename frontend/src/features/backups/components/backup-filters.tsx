import { useQuery } from "@tanstack/react-query";
import { DayField } from "@/components/data-table/day-field";
import { FilterBar } from "@/components/data-table/filter-bar";
import { BACKUP_TYPES, RUN_STATUSES } from "@/components/run/run-state";
import { Select } from "@/components/ui/select";
import { databasesQuery, schedulesQuery } from "@/lib/queries";
import { countFilters, withoutFilters } from "../filter";
import { type BackupsSearch, S3_STATES } from "../search";

interface BackupFiltersProps {
  search: BackupsSearch;
  onSearch: (search: BackupsSearch) => void;
}

export function BackupFilters({ search, onSearch }: BackupFiltersProps) {
  const databases = useQuery(databasesQuery());
  const schedules = useQuery(schedulesQuery({ databaseId: search.databaseId }));
  // A new filter starts on its first page.
  const set = (change: BackupsSearch) => onSearch({ ...search, ...change, page: undefined });
  const choose = (key: keyof BackupsSearch) => (event: { target: { value: string } }) =>
    set({ [key]: event.target.value || undefined });

  return (
    <FilterBar
      label="Filter backups"
      active={countFilters(search)}
      onClear={() => onSearch(withoutFilters(search))}
    >
      <Select aria-label="Database" value={search.databaseId ?? ""} onChange={choose("databaseId")}>
        <option value="">All databases</option>
        {databases.data?.items.map((database) => (
          <option key={database.id} value={database.id}>
            {database.name}
          </option>
        ))}
      </Select>
      <Select aria-label="Status" value={search.status ?? ""} onChange={choose("status")}>
        <option value="">Any status</option>
        {RUN_STATUSES.map((status) => (
          <option key={status} value={status}>
            {status.charAt(0).toUpperCase() + status.slice(1)}
          </option>
        ))}
      </Select>
      <Select aria-label="Type" value={search.type ?? ""} onChange={choose("type")}>
        <option value="">Any type</option>
        {BACKUP_TYPES.map((type) => (
          <option key={type.value} value={type.value}>
            {type.label}
          </option>
        ))}
      </Select>
      {/* There until it is known that there is none: a field that came later would push the table down. */}
      {search.scheduleId || schedules.data?.items.length !== 0 ? (
        <Select aria-label="Schedule" value={search.scheduleId ?? ""} onChange={choose("scheduleId")}>
          <option value="">Any schedule</option>
          {schedules.data?.items.map((schedule) => (
            <option key={schedule.id} value={schedule.id}>
              {schedule.databaseName}: {schedule.name || schedule.reading}
            </option>
          ))}
        </Select>
      ) : null}
      <Select aria-label="S3 state" value={search.s3 ?? ""} onChange={choose("s3")}>
        <option value="">In S3 or not</option>
        {S3_STATES.map((state) => (
          <option key={state.value} value={state.value}>
            {state.label}
          </option>
        ))}
      </Select>
      <DayField label="From" value={search.from} max={search.to} onChange={(from) => set({ from })} />
      <DayField label="To" value={search.to} min={search.from} onChange={(to) => set({ to })} />
    </FilterBar>
  );
}
