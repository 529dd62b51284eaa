interface Login {
  host: string;
  port: number;
  database: string;
  username: string;
  password: string;
}

/** What the stack says about itself: the page's address and the servers it may use. */
export interface Stack {
  baseUrl: string;
  /** Of what started it all: SIGUSR1 kills the product, SIGUSR2 starts it again. */
  stackPid: number;
  /** A second product, where one has to sign in. */
  locked: { baseUrl: string; username: string; password: string };
  /** An OpenID provider that knows the second product, and one person. */
  provider: { issuer: string; clientId: string; person: string };
  postgres: Login;
  mariadb: Login;
  /** What the stand-in for a Docker engine calls the container of the PostgreSQL server. */
  container: string;
  /** The dump tool of the PostgreSQL server's own version. */
  pgDump: string;
  s3: { endpoint: string; bucket: string; region: string; accessKey: string; secretKey: string };
}

/** A product that has been in use for a year, and the ids of one of each of its kinds. */
export interface Showcase {
  baseUrl: string;
  username: string;
  password: string;
  /** The same behind nginx as the web image has it; null where there is no nginx. */
  nginxUrl: string | null;
  ids: Record<
    "database" | "backup" | "failedBackup" | "restore" | "schedule" | "policy" | "bucket" | "channel",
    string
  >;
}

/** The running stack's facts, set by the global set-up or by whoever runs the tests against a stack of their own. */
export function stack(): Stack {
  const facts = process.env.E2E_STACK_JSON;
  if (!facts) throw new Error("E2E_STACK_JSON is not set and the stack was not started.");
  return JSON.parse(facts) as Stack;
}

export function connectionString(password = stack().postgres.password): string {
  return address("postgresql", { ...stack().postgres, password });
}

export function mariadbString(): string {
  return address("mariadb", stack().mariadb);
}

function address(scheme: string, { host, port, database, username, password }: Login): string {
  return `${scheme}://${username}:${encodeURIComponent(password)}@${host}:${port}/${database}`;
}
