import { useQuery } from "@tanstack/react-query";
import { UserX } from "lucide-react";
import { DayField } from "@/components/data-table/day-field";
import { FilterBar } from "@/components/data-table/filter-bar";
import { Button } from "@/components/ui/button";
import { Select } from "@/components/ui/select";
import { auditActionsQuery } from "../api";
import { type AuditSearch, countAuditFilters, OUTCOMES, parseAuditSearch } from "../search";
import { actionWords } from "../words";

interface AuditFiltersProps {
  search: AuditSearch;
  onSearch: (search: AuditSearch) => void;
}

export function AuditFilters({ search, onSearch }: AuditFiltersProps) {
  const actions = useQuery(auditActionsQuery());
  const set = (change: Record<string, unknown>) =>
    onSearch(parseAuditSearch({ ...search, ...change, page: undefined }));
  return (
    <FilterBar
      label="Filter events"
      active={countAuditFilters(search)}
      onClear={() => onSearch({ limit: search.limit })}
    >
      <Select
        aria-label="What"
        value={search.action ?? ""}
        onChange={(event) => set({ action: event.target.value })}
      >
        <option value="">Everything</option>
        {actions.data?.map((action) => (
          <option key={action} value={action}>
            {actionWords(action)}
          </option>
        ))}
      </Select>
      <Select
        aria-label="Outcome"
        value={search.outcome ?? ""}
        onChange={(event) => set({ outcome: event.target.value })}
      >
        <option value="">Any outcome</option>
        {OUTCOMES.map((outcome) => (
          <option key={outcome.value} value={outcome.value}>
            {outcome.label}
          </option>
        ))}
      </Select>
      <DayField label="From" value={search.from} max={search.to} onChange={(from) => set({ from })} />
      <DayField label="To" value={search.to} min={search.from} onChange={(to) => set({ to })} />
      {search.actor ? (
        <Button className="max-sm:col-span-2" onClick={() => set({ actor: undefined })}>
          <UserX aria-hidden />
          Of everybody
        </Button>
      ) : null}
    </FilterBar>
  );
}
