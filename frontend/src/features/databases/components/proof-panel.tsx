import { useQuery } from "@tanstack/react-query";
import { Pencil } from "lucide-react";
import { useState } from "react";
import type { DatabaseView } from "@/client";
import { Button } from "@/components/ui/button";
import { Fact, Facts } from "@/components/ui/facts";
import { Section } from "@/components/ui/section";
import { formatDuration } from "@/lib/format";
import { databasesQuery } from "@/lib/queries";
import { describeTarget } from "@/lib/scratch-target";
import { ProofDialog } from "./proof-dialog";
import { ProofLine } from "./proof-line";

/** What could be had back now and how fast, and how that is proven. */
export function ProofPanel({ database }: { database: DatabaseView }) {
  const [editing, setEditing] = useState(false);
  const databases = useQuery(databasesQuery()).data?.items ?? [];
  return (
    <Section
      title="Proof"
      aside={
        <Button size="sm" onClick={() => setEditing(true)}>
          <Pencil aria-hidden />
          Change
        </Button>
      }
    >
      <Facts className="-my-2">
        <Fact name="Restorable">
          <ProofLine database={database} />
        </Fact>
        <Fact name="Would be lost">
          {database.rpoSeconds === null ? (
            "Everything: there is no good backup"
          ) : (
            <>
              The last {formatDuration(database.rpoSeconds * 1000)} <Term>RPO</Term>
            </>
          )}
        </Fact>
        <Fact name="Back in">
          {database.rtoSeconds === null ? (
            "Not measured yet: verify a backup at level 3"
          ) : (
            <>
              {formatDuration(database.rtoSeconds * 1000)}, as measured <Term>RTO</Term>
            </>
          )}
        </Fact>
        <Fact name="Trial restores go to">{describeTarget(database, databases)}</Fact>
        <Fact name="Assertions">
          {database.assertions.length === 0 ? (
            "None: level 4 has nothing to ask"
          ) : (
            <ul>
              {database.assertions.map((assertion) => (
                <li key={assertion.name}>{assertion.name}</li>
              ))}
            </ul>
          )}
        </Fact>
      </Facts>
      {editing ? (
        <ProofDialog database={database} databases={databases} onClose={() => setEditing(false)} />
      ) : null}
    </Section>
  );
}

function Term({ children }: { children: string }) {
  return (
    <abbr title={TERMS[children]} className="ml-1 text-sm text-ink-faint no-underline">
      {children}
    </abbr>
  );
}

const TERMS: Record<string, string> = {
  RPO: "Recovery point: the age of what the last good backup holds",
  RTO: "Recovery time: how long the last proven restore took",
};
