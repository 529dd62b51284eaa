import { useQuery } from "@tanstack/react-query";
import { UserX } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Select } from "@/components/ui/select";
import { auditActionsQuery } from "../api";
import { type AuditSearch, OUTCOMES, parseAuditSearch } from "../search";
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
    <div className="grid grid-cols-2 gap-3 border-b px-4 py-3 md:flex md:flex-wrap md:items-end">
      <Field label="What" className="col-span-2 md:w-56">
        {(control) => (
          <Select {...control} value={search.action ?? ""} onChange={(e) => set({ action: e.target.value })}>
            <option value="">Everything</option>
            {actions.data?.map((action) => (
              <option key={action} value={action}>
                {actionWords(action)}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field label="Outcome" className="col-span-2 md:w-36">
        {(control) => (
          <Select
            {...control}
            value={search.outcome ?? ""}
            onChange={(e) => set({ outcome: e.target.value })}
          >
            <option value="">Any</option>
            {OUTCOMES.map((outcome) => (
              <option key={outcome.value} value={outcome.value}>
                {outcome.label}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field label="From">
        {(control) => (
          <Input
            {...control}
            type="date"
            value={search.from ?? ""}
            onChange={(e) => set({ from: e.target.value })}
          />
        )}
      </Field>
      <Field label="To">
        {(control) => (
          <Input
            {...control}
            type="date"
            value={search.to ?? ""}
            onChange={(e) => set({ to: e.target.value })}
          />
        )}
      </Field>
      {search.actor ? (
        <Button onClick={() => set({ actor: undefined })}>
          <UserX aria-hidden />
          Of everybody
        </Button>
      ) : null}
    </div>
  );
}
