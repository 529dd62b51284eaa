import { useQuery } from "@tanstack/react-query";
import { encryptionKeysQuery } from "@/lib/queries";

/** Any one of these keys opens the backup; those known here are called by name. */
export function RecipientNames({ recipients }: { recipients: string[] }) {
  const keys = useQuery(encryptionKeysQuery());
  return (
    <ul className="space-y-1">
      {recipients.map((recipient) => {
        const name = keys.data?.find((key) => key.recipient === recipient)?.name;
        return (
          <li key={recipient}>
            {name ? <span className="font-sans font-semibold">{name} </span> : null}
            {recipient}
          </li>
        );
      })}
    </ul>
  );
}
