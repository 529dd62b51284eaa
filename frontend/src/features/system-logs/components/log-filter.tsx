import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Select } from "@/components/ui/select";
import { CATEGORIES, LEVELS, type LogSearch, type SystemLogLevel } from "../search";

interface LogFilterProps {
  search: LogSearch;
  onSearch: (search: LogSearch) => void;
}

export function LogFilter({ search, onSearch }: LogFilterProps) {
  return (
    <div className="mb-4 grid gap-3 sm:grid-cols-3">
      <Field label="Level">
        {(control) => (
          <Select
            {...control}
            value={search.level ?? "info"}
            onChange={(event) => onSearch({ ...search, level: event.target.value as SystemLogLevel })}
          >
            {LEVELS.map((level) => (
              <option key={level} value={level}>
                {level === "error" ? "error" : `${level} and above`}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field label="Category">
        {(control) => (
          <Select
            {...control}
            value={search.category ?? ""}
            onChange={(event) => onSearch({ ...search, category: event.target.value || undefined })}
          >
            <option value="">all</option>
            {CATEGORIES.map((category) => (
              <option key={category}>{category}</option>
            ))}
          </Select>
        )}
      </Field>
      <Field label="Text">
        {(control) => (
          <Input
            {...control}
            type="search"
            value={search.text ?? ""}
            onChange={(event) => onSearch({ ...search, text: event.target.value || undefined })}
          />
        )}
      </Field>
    </div>
  );
}
