import type { DatabaseView } from "@/client";

/** Choices beside the ids of databases. The empty choice is what the database's settings say. */
export const OWN_SERVER = "server";
export const CONTAINER = "container";

/** What a choice of where to restore is in a request for a verification. */
export function asTarget(choice: string): {
  targetDatabaseId: string | null;
  targetKind: "server" | "container" | null;
} {
  if (choice === OWN_SERVER || choice === CONTAINER) return { targetDatabaseId: null, targetKind: choice };
  return { targetDatabaseId: choice || null, targetKind: null };
}

/** Where copies of a database are restored on the side, in words. */
export function describeTarget(database: DatabaseView, databases: DatabaseView[]): string {
  if (database.verifyTargetKind === CONTAINER) return "A throwaway container";
  const target = databases.find(({ id }) => id === database.verifyTargetId);
  return target ? `The server of ${target.name}` : "Its own server";
}
