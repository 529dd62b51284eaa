import type { DatabaseView } from "@/client";
import { EngineLabel } from "@/components/engine/engine-label";
import { Fact, Facts } from "@/components/ui/facts";
import { Section } from "@/components/ui/section";
import { Time } from "@/components/ui/time";
import { formatBytes } from "@/lib/format";
import { NextBackupLine } from "./next-backup-line";

export function DatabaseFacts({ database }: { database: DatabaseView }) {
  return (
    <Section title="Connection">
      <Facts className="-my-2">
        <Fact name="Server">
          <EngineLabel type={database.type} version={database.serverVersion} />
        </Fact>
        <Fact name="Size">{formatBytes(database.size)}</Fact>
        <Fact name="Host" mono>
          {database.host}:{database.port}
        </Fact>
        <Fact name="Database" mono>
          {database.database}
        </Fact>
        <Fact name="User" mono>
          {database.username}
        </Fact>
        <Fact name="Password">{database.hasPassword ? "Stored encrypted" : "None"}</Fact>
        <Fact name="TLS" mono>
          {database.tlsMode}
        </Fact>
        {database.containerName ? (
          <Fact name="Container" mono>
            {database.containerName}
            {database.containerState ? ` (${database.containerState})` : ""}
          </Fact>
        ) : null}
        {database.dumpVia === "container" ? <Fact name="Dumped by">the tools in its container</Fact> : null}
        {database.managedBy ? <Fact name="Kept in step by">labels of its container</Fact> : null}
        <Fact name="Checked">
          <Time value={database.checkedAt} />
        </Fact>
        <Fact name="Last good backup">
          <Time value={database.lastGoodBackupAt} none="None yet" />
        </Fact>
        <Fact name="Next backup">
          <NextBackupLine database={database} bare />
        </Fact>
      </Facts>
    </Section>
  );
}
