import { Link } from "@tanstack/react-router";
import { CircleCheck, KeyRound, Sparkles, Tag, Unplug } from "lucide-react";
import type { DiscoveredServer } from "@/client";
import { EngineLabel } from "@/components/engine/engine-label";
import { Badge } from "@/components/ui/badge";
import { Checkbox } from "@/components/ui/checkbox";
import type { Choice } from "./choice";
import { CredentialFields } from "./credential-fields";

interface ServerCardProps {
  server: DiscoveredServer;
  choice: Choice;
  onChange: (choice: Choice) => void;
}

/** One container with a database server: its state, and its databases to tick. */
export function ServerCard({ server, choice, onChange }: ServerCardProps) {
  function tick(name: string, on: boolean) {
    const others = choice.databases.filter((other) => other !== name);
    onChange({ ...choice, databases: on ? [...others, name] : others });
  }
  return (
    <article aria-label={server.containerName} className="panel h-full px-4 pt-3.5 pb-4">
      <div className="flex flex-wrap items-start justify-between gap-x-3 gap-y-1.5">
        <div className="min-w-0">
          <h2 className="text-md font-bold break-words">{server.containerName}</h2>
          <p className="mt-0.5 text-sm break-words text-ink-soft">
            <EngineLabel type={server.type} /> · {server.image}
          </p>
        </div>
        <StateBadge state={server.state} />
      </div>
      {server.host ? (
        <p className="mt-2 font-mono text-sm break-all text-ink-faint">
          {server.username ? `${server.username}@` : ""}
          {server.host}:{server.port}
        </p>
      ) : null}
      {server.labelled ? (
        <p className="mt-2 flex gap-1.5 text-sm text-ink-soft">
          <Tag className="mt-0.5 size-3.5 shrink-0" aria-hidden />
          It has labels db-backup.*: with AUTO_DISCOVER they add its databases.
        </p>
      ) : null}
      {server.message ? <p className="mt-2 text-sm break-words text-ink-soft">{server.message}</p> : null}
      {server.databases.length > 0 ? (
        <fieldset className="mt-3 space-y-2">
          <legend className="mb-2 text-sm font-semibold">Databases</legend>
          {server.databases.map(({ name, databaseId }) =>
            databaseId ? (
              <p key={name} className="flex items-center gap-2.5">
                <CircleCheck className="size-4.5 text-ok" aria-hidden />
                <Link
                  to="/databases/$id"
                  params={{ id: databaseId }}
                  className="min-w-0 rounded-sm break-all underline underline-offset-3"
                >
                  {name}
                </Link>
                <span className="text-sm text-ink-faint">is added</span>
              </p>
            ) : (
              <Checkbox
                key={name}
                label={<span className="break-all">{name}</span>}
                checked={choice.databases.includes(name)}
                onChange={(on) => tick(name, on)}
              />
            ),
          )}
        </fieldset>
      ) : null}
      {server.state === "credentialsMissing" ? (
        <CredentialFields choice={choice} onChange={onChange} />
      ) : null}
    </article>
  );
}

function StateBadge({ state }: { state: DiscoveredServer["state"] }) {
  switch (state) {
    case "new":
      return (
        <Badge tone="accent" icon={Sparkles}>
          New
        </Badge>
      );
    case "configured":
      return (
        <Badge tone="ok" icon={CircleCheck}>
          Configured
        </Badge>
      );
    case "credentialsMissing":
      return (
        <Badge tone="warn" icon={KeyRound}>
          Credentials missing
        </Badge>
      );
    case "unreachable":
      return (
        <Badge tone="bad" icon={Unplug}>
          Unreachable
        </Badge>
      );
  }
}
