import { Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import type { DiscoveryProblem } from "@/client";
import { buttonClass } from "@/components/ui/button-class";
import { CopyButton } from "@/components/ui/copy-button";
import { Notice } from "@/components/ui/notice";
import { Section } from "@/components/ui/section";

const COMMAND = "docker compose --profile discovery up --detach";

/** Why the engine cannot be asked, and how to let this program ask it. */
export function NoEngine({ problem }: { problem: DiscoveryProblem }) {
  return (
    <div className="space-y-5">
      <Notice tone="warn" title="The Docker engine cannot be asked">
        {problem.message}
      </Notice>
      <Section title="Let it look around">
        <div className="space-y-3 text-ink-soft">
          <p>
            The compose file has a proxy before the Docker socket. It passes on three questions about
            containers and nothing else, so this program can change nothing. Start it:
          </p>
          <div className="flex items-start gap-2">
            <code className="min-w-0 rounded-md bg-sunken px-3 py-2 font-mono text-sm break-words text-ink">
              {COMMAND}
            </code>
            <CopyButton text={COMMAND} label="Copy the command" />
          </div>
          <p>
            Without Compose: name a proxy in DOCKER_HOST, or mount /var/run/docker.sock read-only and give the
            container the socket's group. The guide “Discover databases” has both.
          </p>
          <Link to="/databases/new" className={buttonClass({})}>
            <Plus aria-hidden />
            Add one by hand
          </Link>
        </div>
      </Section>
    </div>
  );
}
