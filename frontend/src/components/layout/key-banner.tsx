import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { KeyRound } from "lucide-react";
import { useMay } from "@/lib/access";
import { encryptionKeysQuery } from "@/lib/queries";

/** A private key that is only here is lost with this machine, and all encrypted backups with it. */
export function KeyBanner() {
  const keys = useQuery(encryptionKeysQuery());
  const endangered = keys.data?.filter((key) => key.hasIdentity && !key.downloadedAt) ?? [];
  if (!useMay("system.configure") || endangered.length === 0) return null;
  return (
    <aside
      aria-label="Encryption key"
      className="flex items-start gap-2 border-b border-warn/30 bg-warn-soft px-4 py-1.5 text-sm md:px-8"
    >
      <KeyRound className="mt-0.5 size-3.5 shrink-0 text-warn" aria-hidden />
      <p>
        <strong className="font-semibold text-warn">Key not kept safe.</strong>{" "}
        {endangered.map((key) => key.name).join(", ")}: never downloaded. If this machine is lost, nobody can
        restore what is encrypted to {endangered.length === 1 ? "it" : "them"}.{" "}
        <Link to="/encryption-keys" className="font-semibold underline underline-offset-2">
          Download it
        </Link>
      </p>
    </aside>
  );
}
