import { Notice } from "@/components/ui/notice";

interface WhatHappensProps {
  name: string;
  creates: boolean;
  /** A script is run there. */
  runs: boolean;
  /** Rows go back into the very database the backup is of. */
  itself: boolean;
}

/** What the restore does to the server, said before it starts. */
export function WhatHappens({ name, creates, runs, itself }: WhatHappensProps) {
  const database = <strong className="font-semibold text-ink">{name}</strong>;
  if (creates) {
    return (
      <Notice>
        The database {database} is created beside what is there; nothing existing is changed. If the restore
        fails or the backup turns out damaged, the new database is removed again.
      </Notice>
    );
  }
  if (runs) {
    return (
      <Notice tone="warn" title={`${name} is changed`}>
        The script does in {database} whatever it says, dropping and overwriting included. In PostgreSQL a
        failure undoes all of it; in MySQL and MariaDB what was done before it stays.
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
