import type { DatabaseView } from "@/client";

const NAMES: Record<string, string> = { postgresql: "PostgreSQL", mysql: "MySQL", mariadb: "MariaDB" };

/** "PostgreSQL 16.4", without the version while it is not known. */
export function engineName(database: Pick<DatabaseView, "type" | "serverVersion">): string {
  return [NAMES[database.type] ?? database.type, database.serverVersion].filter(Boolean).join(" ");
}
