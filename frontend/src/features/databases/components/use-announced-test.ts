import type { DatabaseView } from "@/client";
import { describeError } from "@/lib/api-error";
import { engineName } from "@/lib/engine";
import { toast } from "@/lib/toast";
import { useTestDatabase } from "../api";

/** Tests a saved database and tells the result in a toast. */
export function useAnnouncedTest(database: DatabaseView) {
  const test = useTestDatabase();
  const run = () =>
    test.mutate(database.id, {
      onSuccess: (result) => {
        if (!result.probe) {
          toast.error(`${database.name} does not answer`, {
            description: result.error?.message,
            duration: 15_000,
          });
        } else if (!result.probe.canDump) {
          toast.warning(`${database.name} answers, but can't be dumped whole`, {
            description: result.probe.missingPrivileges.join(" "),
            duration: 15_000,
          });
        } else {
          const server = engineName(database.type, result.probe.serverVersion);
          toast.success(`${database.name} answers`, {
            description: `${server}, ${result.probe.latencyMs.toFixed(1)} ms${result.probe.tls ? ", encrypted" : ""}`,
          });
        }
      },
      onError: (error) =>
        toast.error(`${database.name} could not be tested`, { description: describeError(error) }),
    });
  return { run, isPending: test.isPending, result: test.data };
}
