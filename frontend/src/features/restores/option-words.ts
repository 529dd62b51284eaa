import { formatCount } from "@/lib/format";

type Say = (value: unknown) => string | null;

const on =
  (words: string): Say =>
  () =>
    words;
const by =
  (words: Record<string, string>): Say =>
  (value) =>
    words[String(value)] ?? null;

/** Null: it is how it always is, and not worth a word. */
const WORDS: Record<string, Say> = {
  jobs: (value) => (Number(value) > 1 ? `${formatCount(Number(value))} parallel jobs` : null),
  missingRoles: by({ create: "missing roles created", fail: "stops if a role is missing" }),
  role: (value) => `everything belongs to ${value}`,
  noOwner: on("owners left out"),
  noPrivileges: on("privileges left out"),
  stopConnections: on("active connections ended"),
  safetyBackup: on("safety backup first"),
  safetyS3ConfigId: on("safety backup to S3"),
  noTablespaces: on("tablespaces left out"),
  singleTransaction: on("all in one transaction"),
  disableTriggers: on("triggers and foreign keys off meanwhile"),
  trusted: on("the source is trusted"),
  definer: by({ keep: "definers kept", strip: "definers left out" }),
  events: by({
    disabled: "events switched off",
    enabled: "events as they were",
    skip: "events left out",
  }),
};

/** The options of a restore in words, those of them that say something; one that is not known goes by its name. */
export function describeOptions(options: [name: string, value: unknown][]): string {
  const words = options.map(([name, value]) => {
    const say = WORDS[name];
    return say ? say(value) : `${name}: ${String(value)}`;
  });
  const text = words.filter(Boolean).join(", ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
