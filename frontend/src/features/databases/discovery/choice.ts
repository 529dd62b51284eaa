import type { AddedDatabase, DiscoveredServer, DiscoveredServerInput, Discovery } from "@/client";

/** Of each container the databases to add, and what was typed where its environment tells no password. */
export interface Choice {
  databases: string[];
  username: string;
  password: string;
}

export type Choices = Record<string, Choice>;

/** PostgreSQL makes this one for its own upkeep; it is rarely what somebody wants to keep. */
const MAINTENANCE = "postgres";

/** Everything that can be added at once is chosen at first. */
export function firstChoice(server: DiscoveredServer): Choice {
  const free = server.databases.filter((database) => database.databaseId === null).map(({ name }) => name);
  const wanted = server.state === "new" && !server.labelled ? free : [];
  return {
    databases: wanted.length > 1 ? wanted.filter((name) => name !== MAINTENANCE) : wanted,
    username: server.username ?? "",
    password: "",
  };
}

/** What to send: the servers of which something is chosen. */
export function toAdd(discovery: Discovery, choices: Choices): DiscoveredServerInput[] {
  return discovery.servers.flatMap((server) => {
    const choice = choices[server.containerId] ?? firstChoice(server);
    if (choice.databases.length === 0) return [];
    const typed = server.state === "credentialsMissing";
    return [
      {
        containerId: server.containerId,
        databases: choice.databases,
        ...(typed ? { username: choice.username, password: choice.password } : {}),
      },
    ];
  });
}

/** What is added is no choice any more; what failed stays as it was typed, for a second try. */
export function whatFailed(discovery: Discovery, choices: Choices, results: AddedDatabase[]): Choices {
  const left: Choices = {};
  for (const { containerId, containerName } of discovery.servers) {
    const failed = results.filter((one) => one.containerName === containerName && one.error !== null);
    const choice = choices[containerId];
    if (choice && failed.length > 0)
      left[containerId] = { ...choice, databases: failed.map(({ name }) => name) };
  }
  return left;
}
