import { Fact } from "@/components/ui/facts";
import { isMysqlFamily } from "@/lib/engine";
import { MODES } from "../mode";
import type { RestoreChoices } from "./choices";

const OWNERS = {
  create: "Kept; missing roles are created",
  keep: "Kept; a missing role stops the restore",
  drop: "Left out",
};
const DEFINERS = { keep: "Kept", strip: "Left out" };
const EVENTS = { disabled: "Restored, switched off", enabled: "Restored as they were", skip: "Left out" };

/** The engine's own options, in the words of the step before. */
export function OptionFacts({ choices, engine }: { choices: RestoreChoices; engine: string }) {
  const mysql = isMysqlFamily(engine);
  if (!MODES[choices.mode].creates) {
    return choices.disableTriggers && !mysql ? (
      <Fact name="Triggers, keys">Switched off meanwhile</Fact>
    ) : null;
  }
  if (!mysql) return <Fact name="Owners, privileges">{OWNERS[choices.owners]}</Fact>;
  return (
    <>
      <Fact name="Definers">{DEFINERS[choices.definer]}</Fact>
      <Fact name="Events">{EVENTS[choices.events]}</Fact>
    </>
  );
}
