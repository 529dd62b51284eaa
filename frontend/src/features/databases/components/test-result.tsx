import { CircleCheck, CircleX, PlugZap, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { ConnectionTest, Probe } from "@/client";
import { Skeleton } from "@/components/ui/skeleton";
import { formatBytes } from "@/lib/format";

interface TestResultProps {
  result: ConnectionTest | undefined;
  pending: boolean;
}

/** What a connection test found, point by point. */
export function TestResult({ result, pending }: TestResultProps) {
  return (
    <section
      aria-label="Connection test"
      aria-live="polite"
      aria-busy={pending}
      className="panel p-4 lg:sticky lg:top-6"
    >
      <h2 className="mb-3 font-bold">Connection test</h2>
      {pending ? <Pending /> : result ? <Outcome result={result} /> : <Hint />}
    </section>
  );
}

function Hint() {
  return (
    <p className="flex gap-2.5 text-ink-soft">
      <PlugZap className="mt-0.5 size-4 shrink-0" aria-hidden />
      Tests that the server answers, the password fits, the user may dump, and a client tool of the right
      version is here.
    </p>
  );
}

function Pending() {
  return (
    <div className="space-y-2.5">
      <p className="text-ink-soft">Connecting…</p>
      <Skeleton className="h-4 w-4/5" />
      <Skeleton className="h-4 w-3/5" />
      <Skeleton className="h-4 w-2/3" />
    </div>
  );
}

function Outcome({ result }: { result: ConnectionTest }) {
  if (!result.probe) {
    return (
      <Check tone="bad" title="No connection">
        {result.error?.message}
      </Check>
    );
  }
  return <Found probe={result.probe} />;
}

function Found({ probe }: { probe: Probe }) {
  return (
    <ul className="space-y-3">
      <Check tone="ok" title={`${probe.flavour} ${probe.serverVersion}`}>
        Answers in {probe.latencyMs.toFixed(1)} ms; the database takes {formatBytes(probe.size)}.
      </Check>
      <Check tone={probe.tls ? "ok" : "warn"} title={probe.tls ? "Encrypted" : "Not encrypted"}>
        {probe.tls
          ? `The connection uses ${probe.tlsVersion ?? "TLS"}.`
          : "The connection runs without TLS: fine inside one Docker network, not across others."}
      </Check>
      <Check
        tone={probe.canDump ? "ok" : "bad"}
        title={probe.canDump ? "May dump everything" : "Privileges missing"}
      >
        {probe.missingPrivileges.length > 0 ? (
          <ul className="list-disc space-y-1 pl-4">
            {probe.missingPrivileges.map((privilege) => (
              <li key={privilege}>{privilege}</li>
            ))}
          </ul>
        ) : (
          "The user can read every table."
        )}
      </Check>
      <Check
        tone={!probe.tool ? "bad" : probe.tool.exact ? "ok" : "warn"}
        title={probe.tool ? `Client tools ${probe.tool.version}` : "No client tool"}
      >
        {probe.tool?.note ?? probe.toolError ?? "The same version as the server's."}
      </Check>
    </ul>
  );
}

const LOOKS = {
  ok: { icon: CircleCheck, ink: "text-ok", word: "Passed: " },
  warn: { icon: TriangleAlert, ink: "text-warn", word: "Warning: " },
  bad: { icon: CircleX, ink: "text-bad", word: "Failed: " },
};

function Check({ tone, title, children }: { tone: keyof typeof LOOKS; title: string; children: ReactNode }) {
  const { icon: Icon, ink, word } = LOOKS[tone];
  const Tag = tone === "bad" && title === "No connection" ? "div" : "li";
  return (
    <Tag className="flex gap-2.5">
      <Icon className={`mt-0.5 size-4 shrink-0 ${ink}`} aria-hidden />
      <div className="min-w-0">
        <p className="font-semibold">
          <span className="sr-only">{word}</span>
          {title}
        </p>
        <div className="text-sm break-words text-ink-soft">{children}</div>
      </div>
    </Tag>
  );
}
