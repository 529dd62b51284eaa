import { Notice } from "@/components/ui/notice";

interface WhatHappensProps {
  name: string;
  creates: boolean;
  /** Rows go back into the very database the backup is of. */
  itself: boolean;
}

/** What the restore does to the server, said before it starts. */
export function WhatHappens({ name, creates, itself }: WhatHappensProps) {
  const database = <strong className="font-semibold text-ink">{name}</strong>;
  if (creates) {
    return (
      <Notice>
        The database {database} is created beside what is there; nothing existing is changed. If the restore
        fails or the backup turns out damaged, the new database is removed again.
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
