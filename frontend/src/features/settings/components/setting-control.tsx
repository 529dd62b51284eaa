import type { SettingView } from "@/client";
import { Checkbox } from "@/components/ui/checkbox";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Select } from "@/components/ui/select";
import { settingLabel } from "../drafts";

interface SettingControlProps {
  setting: SettingView;
  draft: string | boolean | undefined;
  error: string | undefined;
  onChange: (value: string | boolean) => void;
}

export function SettingControl({ setting, draft, error, onChange }: SettingControlProps) {
  const hint = <Hint setting={setting} />;
  if (setting.kind === "boolean") {
    return (
      <Checkbox
        checked={(draft ?? setting.value) === true}
        disabled={setting.locked}
        onChange={onChange}
        label={settingLabel(setting.key)}
        hint={hint}
      />
    );
  }
  const value = String(draft ?? setting.value);
  return (
    <Field label={settingLabel(setting.key)} hint={hint} error={error}>
      {(control) =>
        setting.choices ? (
          <Select
            {...control}
            value={value}
            disabled={setting.locked}
            onChange={(event) => onChange(event.target.value)}
          >
            {setting.choices.map((choice) => (
              <option key={choice}>{choice}</option>
            ))}
          </Select>
        ) : (
          <Input
            {...control}
            inputMode={setting.kind === "number" ? "decimal" : undefined}
            value={value}
            disabled={setting.locked}
            onChange={(event) => onChange(event.target.value)}
          />
        )
      }
    </Field>
  );
}

function Hint({ setting }: { setting: SettingView }) {
  const usual = defaultText(setting);
  const facts = range(setting) ? `${range(setting)}, default ${usual}` : `Default ${usual}`;
  return (
    <>
      {setting.description}. {facts}. {/* Messages and documents name it so. */}
      <span className="font-mono break-words">{setting.key}</span>
      {setting.locked ? (
        <span className="block font-semibold text-ink-soft">
          Set by the environment ({setting.environment}): change it there.
        </span>
      ) : null}
    </>
  );
}

function range({ minimum, maximum }: SettingView): string {
  if (minimum !== null && maximum !== null) return `From ${minimum} to ${maximum}`;
  return minimum !== null ? `At least ${minimum}` : "";
}

function defaultText({ default: value }: SettingView): string {
  if (typeof value === "boolean") return value ? "on" : "off";
  return value === "" ? "empty" : String(value);
}
