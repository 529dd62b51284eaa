import { Plus } from "lucide-react";
import { useState } from "react";
import type { AddedDatabase, Discovery } from "@/client";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { describeError } from "@/lib/api-error";
import { toast } from "@/lib/toast";
import { useAddDiscovered } from "./api";
import { type Choices, firstChoice, toAdd, whatFailed } from "./choice";
import { ServerCard } from "./server-card";

/** All servers found, and one button that adds what is chosen of them. */
export function FoundServers({ discovery }: { discovery: Discovery }) {
  const [choices, setChoices] = useState<Choices>({});
  const add = useAddDiscovered();
  const chosen = toAdd(discovery, choices);
  const count = chosen.reduce((sum, server) => sum + server.databases.length, 0);

  const failures = add.data?.filter(({ error }) => error !== null) ?? [];

  function run() {
    add.mutate(chosen, {
      onSuccess: (results) => {
        const added = results.filter(({ database }) => database !== null).length;
        if (added > 0) toast.success(added === 1 ? "1 database is added" : `${added} databases are added`);
        setChoices((known) => whatFailed(discovery, known, results));
      },
    });
  }

  return (
    <div className="space-y-4">
      {add.isError ? (
        <Notice tone="bad" live title="Nothing was added">
          {describeError(add.error)}
        </Notice>
      ) : null}
      {failures.length > 0 ? (
        <Notice
          tone="bad"
          live
          title={failures.length === 1 ? "1 was not added" : `${failures.length} were not added`}
        >
          <ul className="space-y-1">
            {failures.map((failure) => (
              <li key={`${failure.containerName} ${failure.name}`}>{sentence(failure)}</li>
            ))}
          </ul>
        </Notice>
      ) : null}
      <ul className="grid gap-4 lg:grid-cols-2">
        {discovery.servers.map((server) => (
          <li key={server.containerId} className="min-w-0">
            <ServerCard
              // What was typed as names of databases is written anew from what is left of it.
              key={add.data ? add.submittedAt : 0}
              server={server}
              choice={choices[server.containerId] ?? firstChoice(server)}
              onChange={(choice) => setChoices((known) => ({ ...known, [server.containerId]: choice }))}
            />
          </li>
        ))}
      </ul>
      <Button variant="primary" disabled={count === 0} busy={add.isPending} onClick={run}>
        {add.isPending ? null : <Plus aria-hidden />}
        {count === 0 ? "Nothing chosen" : count === 1 ? "Add 1 database" : `Add ${count} databases`}
      </Button>
    </div>
  );
}

function sentence({ containerName, name, error }: AddedDatabase): string {
  return `${name} of ${containerName}: ${error?.message ?? ""}`;
}
