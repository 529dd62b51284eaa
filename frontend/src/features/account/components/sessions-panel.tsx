import { useQuery } from "@tanstack/react-query";
import { Monitor, SquareTerminal } from "lucide-react";
import type { SessionView } from "@/client";
import { ErrorState } from "@/components/layout/error-state";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Section } from "@/components/ui/section";
import { Skeleton } from "@/components/ui/skeleton";
import { Time } from "@/components/ui/time";
import { describeError } from "@/lib/api-error";
import { toast } from "@/lib/toast";
import { sessionsQuery, useEndOtherSessions, useEndSession } from "../api";
import { programName } from "../program-name";

/** Where one is signed in. */
export function SessionsPanel() {
  const sessions = useQuery(sessionsQuery());
  const endOthers = useEndOtherSessions();
  const failed = (error: unknown) =>
    toast.error("The session goes on", { description: describeError(error) });
  return (
    <Section
      title="Signed in"
      flush
      aside={
        (sessions.data?.length ?? 0) > 1 ? (
          <Button
            size="sm"
            busy={endOthers.isPending}
            onClick={() => endOthers.mutate(undefined, { onError: failed })}
          >
            End all others
          </Button>
        ) : undefined
      }
    >
      {sessions.isError ? (
        <div className="p-4">
          <ErrorState
            title="The sessions could not be loaded"
            error={sessions.error}
            onRetry={() => sessions.refetch()}
          />
        </div>
      ) : sessions.isPending ? (
        <div role="status" aria-label="Loading sessions" className="p-4">
          <Skeleton className="h-16" />
        </div>
      ) : (
        <ul className="divide-y divide-line">
          {sessions.data.map((session) => (
            <SessionRow key={session.id} session={session} onFailed={failed} />
          ))}
        </ul>
      )}
    </Section>
  );
}

interface SessionRowProps {
  session: SessionView;
  onFailed: (error: unknown) => void;
}

function SessionRow({ session, onFailed }: SessionRowProps) {
  const end = useEndSession();
  const Icon = session.kind === "browser" ? Monitor : SquareTerminal;
  return (
    <li className="flex items-start gap-3 px-4 py-3">
      <Icon className="mt-0.5 size-4.5 shrink-0 text-ink-faint" aria-hidden />
      <div className="min-w-0 flex-1">
        <p className="line-clamp-2 font-semibold break-words" title={session.userAgent}>
          {programName(session.userAgent)}
        </p>
        <p className="mt-0.5 text-sm text-ink-soft">
          {session.address} · last used <Time value={session.lastUsedAt} /> · ends{" "}
          <Time value={session.expiresAt} />
        </p>
      </div>
      {session.current ? (
        <Badge tone="ok">This one</Badge>
      ) : (
        <Button size="sm" busy={end.isPending} onClick={() => end.mutate(session.id, { onError: onFailed })}>
          End
        </Button>
      )}
    </li>
  );
}
