import type { ReactNode } from "react";
import { Notice } from "@/components/ui/notice";
import { MODES, swaps } from "../mode";
import { type RestoreChoices, savesFirst, targetName } from "./choices";

interface WhatHappensProps {
  choices: RestoreChoices;
  engine: string;
  /** It goes back into the very database the backup is of. */
  itself: boolean;
}

/** What the restore does to the server, said before it starts. */
export function WhatHappens({ choices, engine, itself }: WhatHappensProps) {
  const name = targetName(choices);
  const database = <strong className="font-semibold text-ink">{name}</strong>;
  const { creates, destroys } = MODES[choices.mode];
  if (creates) {
    return (
      <Notice>
        The database {database} is created beside what is there; nothing existing is changed. If the restore
        fails or the backup turns out damaged, the new database is removed again.
      </Notice>
    );
  }
  if (choices.mode === "runScript") {
    return (
      <Notice tone="warn" title={`${name} is changed`}>
        The script does in {database} whatever it says, dropping and overwriting included. In PostgreSQL a
        failure undoes all of it; in MySQL and MariaDB what was done before it stays.
      </Notice>
    );
  }
  if (destroys) {
    return (
      <Notice tone="bad" title={itself ? `${name} goes back to what it was` : `${name} is overwritten`}>
        {swaps(choices.mode, engine) ? (
          <>
            The backup is restored beside {database} and checked; then both change places at once. If anything
            fails before, {database} is not touched. The old database is kept, and can be brought back with
            one click.
          </>
        ) : (
          <InPlace
            database={database}
            engine={engine}
            mode={choices.mode}
            saves={savesFirst(choices, engine)}
          />
        )}
      </Notice>
    );
  }
  return (
    <Notice
      tone="warn"
      title={itself ? `${name} is the database this backup was made of` : `${name} is changed`}
    >
      All rows of the backup are added to the tables of {database} in one transaction, or none of them.
      Nothing in it is overwritten, deleted or dropped. Once they are in, only you can take them out again.
    </Notice>
  );
}

interface InPlaceProps {
  database: ReactNode;
  engine: string;
  mode: string;
  saves: boolean;
}

function InPlace({ database, engine, mode, saves }: InPlaceProps) {
  const transaction = mode === "clean" && engine === "postgresql";
  const what =
    mode === "clean" ? "What the backup holds is dropped and made again in" : "Everything is dropped in";
  if (transaction) {
    return (
      <>
        {what} {database}, in one transaction: if anything fails, nothing is changed.{" "}
        {saves
          ? "The safety backup made before brings back what was replaced."
          : "Without a safety backup, what was replaced is gone once it has succeeded."}
      </>
    );
  }
  return (
    <>
      {what} {database}, which is not whole until the restore has ended.{" "}
      {saves
        ? "A safety backup is made first. If anything fails it is put back by itself, even after a crash."
        : "Without a safety backup nothing brings it back if the restore fails in the middle."}
    </>
  );
}
