import { Fact } from "@/components/ui/facts";
import { isMysqlFamily } from "@/lib/engine";
import { MODES, swaps } from "../mode";
import { type RestoreChoices, savesFirst } from "./choices";

const OWNERS = {
  create: "Kept; missing roles are created",
  keep: "Kept; a missing role stops the restore",
  map: "Everything belongs to one role",
  drop: "Left out",
};
const DEFINERS = { keep: "Kept", strip: "Left out" };
const EVENTS = { disabled: "Restored, switched off", enabled: "Restored as they were", skip: "Left out" };

/** The engine's own options, in the words of the step before. */
export function OptionFacts({ choices, engine }: { choices: RestoreChoices; engine: string }) {
  const mysql = isMysqlFamily(engine);
  const { creates, destroys } = MODES[choices.mode];
  if (!creates && !destroys) {
    return choices.disableTriggers && !mysql ? (
      <Fact name="Triggers, keys">Switched off meanwhile</Fact>
    ) : null;
  }
  const owners = choices.mode === "clean" && choices.owners === "create" ? "keep" : choices.owners;
  return (
    <>
      {mysql ? (
        <>
          <Fact name="Definers">{DEFINERS[choices.definer]}</Fact>
          <Fact name="Events">{EVENTS[destroys ? choices.ownEvents : choices.events]}</Fact>
        </>
      ) : (
        <Fact name="Owners, privileges">{OWNERS[owners]}</Fact>
      )}
      {destroys ? (
        <>
          <Fact name="Way back">{wayBack(choices, engine)}</Fact>
          <Fact name="Connections">{choices.stopConnections ? "Ended" : "Left alone"}</Fact>
        </>
      ) : null}
    </>
  );
}

function wayBack(choices: RestoreChoices, engine: string): string {
  const saves = savesFirst(choices, engine);
  if (swaps(choices.mode, engine)) {
    return saves ? "The old database is kept, and a safety backup" : "The old database is kept";
  }
  return saves ? "A safety backup" : "None";
}
