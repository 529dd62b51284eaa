import { useQuery } from "@tanstack/react-query";
import { databaseQuery } from "@/lib/queries";
import { BackUpNow } from "./back-up-now";

/** The way on from a backup that failed; not there when its database is not here any more. */
export function BackUpAgain({ databaseId }: { databaseId: string }) {
  const { data: database } = useQuery(databaseQuery(databaseId));
  return database ? <BackUpNow database={database} size="sm" label="Back up again" /> : null;
}
