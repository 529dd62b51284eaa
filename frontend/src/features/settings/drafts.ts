import type { SettingView } from "@/client";
import type { SettingValues } from "./api";
import { LABELS } from "./labels";

/** What was typed and not saved yet, by key. */
export type Drafts = Record<string, string | boolean>;

export interface SettingGroup {
  name: string;
  settings: SettingView[];
}

const TITLES: Record<string, string> = {
  backup: "Backups",
  restore: "Restores",
  scheduler: "Schedules",
  retention: "Retention",
  verification: "Verification",
  notifications: "Notifications",
  s3: "Object storage",
  storage: "Storage",
  access: "Access",
  oidc: "Single sign-on (OpenID Connect)",
  ldap: "Directory (LDAP)",
  auth: "Access",
  audit: "Audit log",
  upload: "Uploads",
  uploads: "Uploads",
  limits: "Limits",
};

/** In groups by the first word of the key, in the order of the API. */
export function groupSettings(settings: SettingView[]): SettingGroup[] {
  const groups = new Map<string, SettingView[]>();
  for (const setting of settings) {
    const word = setting.key.split(".")[0] ?? "";
    const name = TITLES[word] ?? word.charAt(0).toUpperCase() + word.slice(1);
    groups.set(name, [...(groups.get(name) ?? []), setting]);
  }
  return [...groups].map(([name, members]) => ({ name, settings: members }));
}

/** A few words for people; of an unknown key its last word: "maxConcurrent" → "Max concurrent". */
export function settingLabel(key: string): string {
  const known = LABELS[key];
  if (known) return known;
  const words = (key.split(".").at(-1) ?? key).replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  return (
    words.charAt(0).toUpperCase() +
    words
      .slice(1)
      .replace(/\bs3\b/g, "S3")
      .replace(/\b(url|tls|dn)\b/gi, (word) => word.toUpperCase())
  );
}

/** The drafts that differ from what is saved, as the API takes them; a number that is none goes as it was typed. */
export function changedValues(settings: SettingView[], drafts: Drafts): SettingValues {
  const values: SettingValues = {};
  for (const setting of settings) {
    const draft = drafts[setting.key];
    if (draft === undefined) continue;
    const value = toValue(setting, draft);
    if (value !== setting.value) values[setting.key] = value;
  }
  return values;
}

function toValue(setting: SettingView, draft: string | boolean): SettingView["value"] | null {
  if (setting.kind !== "number" || typeof draft === "boolean") return draft;
  const text = draft.trim();
  if (text === "") return null;
  const number = Number(text);
  return Number.isNaN(number) ? text : number;
}
