import { ENGINES, type EngineType } from "@/lib/engine";

export interface ParsedConnection {
  type: EngineType;
  host: string;
  port: number;
  databaseName: string;
  username: string;
  password: string;
  tlsMode: string | null;
}

export type ParseResult = { ok: true; value: ParsedConnection } | { ok: false; message: string };

// A driver may be named behind a plus, as SQLAlchemy has it.
const SCHEME = /^(postgres|postgresql|mysql|mariadb)(?:\+\w+)?:\/\//i;
const TLS_MODES: Record<string, string> = {
  disable: "disable",
  allow: "prefer",
  prefer: "prefer",
  require: "require",
  "verify-ca": "verify-ca",
  "verify-full": "verify-full",
  // MySQL's words
  disabled: "disable",
  preferred: "prefer",
  required: "require",
  verify_ca: "verify-ca",
  verify_identity: "verify-full",
};

/** Reads postgresql://user:password@host:5432/database?sslmode=require. A password may hold an unescaped @, # or ?. */
export function parseConnectionString(text: string): ParseResult {
  const input = text.trim().replace(/^["']|["']$/g, "");
  const scheme = SCHEME.exec(input)?.[1]?.toLowerCase();
  if (!scheme) {
    return fail(
      "A connection string starts with postgresql://, mysql:// or mariadb://, for example postgresql://app:secret@db:5432/app.",
    );
  }
  const type: EngineType = scheme === "mysql" || scheme === "mariadb" ? scheme : "postgresql";
  const rest = input.replace(SCHEME, "");
  // The last @ ends the credentials: many passwords hold one that nobody escaped.
  const at = rest.lastIndexOf("@");
  const credentials = at < 0 ? "" : rest.slice(0, at);
  const [location = "", query = ""] = splitOnce(rest.slice(at + 1), "?");
  const [authority = "", path = ""] = splitOnce(location, "/");
  if (authority.includes(","))
    return fail("Name one host: a list of hosts can't be backed up as one database.");

  const params = new URLSearchParams(query);
  const address = splitHost(authority);
  const host = decode(address.host) || params.get("host") || "";
  if (!host) return fail("The connection string names no host.");
  const port = address.port === "" ? ENGINES[type].port : Number(address.port);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    return fail(`${address.port} is not a port (1 to 65535).`);

  const [user = "", password = ""] = splitOnce(credentials, ":");
  const tlsMode = params.get("sslmode") ?? params.get("ssl-mode") ?? params.get("sslMode") ?? "";
  const username = decode(user) || params.get("user") || "";
  return {
    ok: true,
    value: {
      type,
      host,
      port,
      username,
      password: decode(password) || params.get("password") || "",
      // As libpq: without a name, the database is called like the user. MySQL has no such rule.
      databaseName: decode(path) || params.get("dbname") || (type === "postgresql" ? username : ""),
      tlsMode: TLS_MODES[tlsMode.toLowerCase()] ?? null,
    },
  };
}

function fail(message: string): ParseResult {
  return { ok: false, message };
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function splitHost(authority: string): { host: string; port: string } {
  const v6 = /^\[([^\]]+)\](?::(.*))?$/.exec(authority);
  if (v6) return { host: v6[1] ?? "", port: v6[2] ?? "" };
  const [host, port] = splitOnce(authority, ":");
  return { host, port };
}

/** A stray % is part of the password, not a broken escape. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
