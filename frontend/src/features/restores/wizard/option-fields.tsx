import type { DatabaseView } from "@/client";
import { RadioCards } from "@/components/ui/radio-cards";
import type { FieldProblem } from "@/lib/api-error";
import { isMysqlFamily } from "@/lib/engine";
import { MODES, RESTORE_MODES } from "../mode";
import { type RestoreChoices, withMode } from "./choices";
import { MysqlFields } from "./mysql-fields";
import type { RestoreSource } from "./plan";
import { PostgresqlFields } from "./postgresql-fields";
import { SafetyFields } from "./safety-fields";
import { SourceOptions } from "./source-options";
import { fits, isPlainSql } from "./source-plan";
import { TargetFields } from "./target-fields";

export interface OptionProps {
  choices: RestoreChoices;
  onChange: (change: Partial<RestoreChoices>) => void;
  problem: (field: string) => string | undefined;
}

interface OptionFieldsProps {
  source: RestoreSource;
  databases: DatabaseView[];
  choices: RestoreChoices;
  onChoices: (choices: RestoreChoices) => void;
  problems: FieldProblem[];
}

export function OptionFields({ source, databases, choices, onChoices, problems }: OptionFieldsProps) {
  const onChange = (change: Partial<RestoreChoices>) => onChoices({ ...choices, ...change });
  const problem = (field: string) => problems.find((one) => one.field === field)?.message;
  const target = databases.find((one) => one.id === choices.targetId);
  const engine = target?.type ?? "postgresql";
  const Fields = isMysqlFamily(engine) ? MysqlFields : PostgresqlFields;
  return (
    <div className="space-y-5">
      <fieldset>
        <legend className="mb-1.5 text-sm font-semibold">What to do</legend>
        <RadioCards
          label="What to do"
          value={choices.mode}
          onChange={(mode) => onChange(withMode(mode, target))}
          className="sm:grid-cols-2"
          options={RESTORE_MODES.filter((mode) => fits(source, mode)).map((mode) => ({
            value: mode,
            label: MODES[mode].label,
            hint: MODES[mode].hint,
            tone: MODES[mode].destroys ? "danger" : undefined,
          }))}
        />
      </fieldset>
      <TargetFields databases={databases} choices={choices} onChange={onChange} problem={problem} />
      <SourceOptions source={source} choices={choices} onChange={onChange} />
      {MODES[choices.mode].destroys ? (
        <SafetyFields choices={choices} onChange={onChange} problem={problem} engine={engine} />
      ) : null}
      {isPlainSql(source) ? null : <Fields choices={choices} onChange={onChange} problem={problem} />}
    </div>
  );
}
