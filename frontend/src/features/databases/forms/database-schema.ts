import * as z from "zod/mini";
import { optionalNumber } from "@/lib/optional-number";

export const TLS_MODES = [
  { value: "disable", label: "Off: never encrypted" },
  { value: "prefer", label: "Prefer: encrypted when the server can" },
  { value: "require", label: "Require: encrypted, certificate not checked" },
  { value: "verify-ca", label: "Verify CA: certificate checked" },
  { value: "verify-full", label: "Verify full: certificate and host name checked" },
] as const;

const required = (what: string, max = 255) =>
  z
    .string()
    .check(z.trim(), z.minLength(1, `Enter ${what}.`), z.maxLength(max, `At most ${max} characters.`));

export const databaseSchema = z.object({
  type: z.enum(["postgresql", "mysql", "mariadb"]),
  name: required("a name", 200),
  host: required("the host: a container name, a DNS name or an address"),
  port: z
    .number({ error: "Enter the port, usually 5432 or 3306." })
    .check(
      z.int("A port is a whole number."),
      z.gte(1, "A port is at least 1."),
      z.lte(65_535, "A port is at most 65535."),
    ),
  database: required("the database's name"),
  username: required("the user"),
  password: z.string(),
  tlsMode: z.enum(["disable", "prefer", "require", "verify-ca", "verify-full"]),
  tlsCa: z.string(),
  enabled: z.boolean(),
  dumpVia: z.enum(["network", "container"]),
  niceness: optionalNumber(0, 19, ""),
  ioClass: z.enum(["", "normal", "bestEffort", "idle"]),
  memory: optionalNumber(128, 1_048_576, "MiB", true),
  readLimit: optionalNumber(64, 100_000_000, "kB/s", true),
  uploadLimit: optionalNumber(64, 100_000_000, "kB/s", true),
});

export type DatabaseValues = z.infer<typeof databaseSchema>;

export const DATABASE_FIELDS = Object.keys(databaseSchema.shape);

export const NEW_DATABASE: DatabaseValues = {
  type: "postgresql",
  name: "",
  host: "",
  port: 5432,
  database: "",
  username: "",
  password: "",
  tlsMode: "prefer",
  tlsCa: "",
  enabled: true,
  dumpVia: "network",
  niceness: "",
  ioClass: "",
  memory: "",
  readLimit: "",
  uploadLimit: "",
};
