import type { DatabaseInput } from "@/client";

export type EngineType = DatabaseInput["type"];

interface Engine {
  name: string;
  port: number;
  /** The usual name of its container. */
  host: string;
  scheme: string;
  mark: string;
}

export const ENGINES: Record<EngineType, Engine> = {
  postgresql: { name: "PostgreSQL", port: 5432, host: "postgres", scheme: "postgresql", mark: "Pg" },
  mysql: { name: "MySQL", port: 3306, host: "mysql", scheme: "mysql", mark: "My" },
  mariadb: { name: "MariaDB", port: 3306, host: "mariadb", scheme: "mariadb", mark: "Ma" },
};

export const ENGINE_TYPES = Object.keys(ENGINES) as EngineType[];

/** What is known of an engine; undefined for one that only a newer server knows. */
export function engineOf(type: string): Engine | undefined {
  return ENGINES[type as EngineType];
}

/** "PostgreSQL 16.4", without the version while it is not known, nor what a distribution hung on it. */
export function engineName(type: string, version?: string | null): string {
  return [engineOf(type)?.name ?? type, version?.split("-")[0]].filter(Boolean).join(" ");
}

/** MySQL and MariaDB take the same options; PostgreSQL has its own. */
export function isMysqlFamily(type: string): boolean {
  return type === "mysql" || type === "mariadb";
}
