import { Link } from "@tanstack/react-router";
import { Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import type { RetentionPolicyView } from "@/client";
import { Button } from "@/components/ui/button";
import { buttonClass } from "@/components/ui/button-class";
import { describeRules, plural, STRATEGIES } from "../summary";
import { DeletePolicy } from "./delete-policy";

export function PolicyCard({ policy }: { policy: RetentionPolicyView }) {
  const [deleting, setDeleting] = useState(false);
  return (
    <article
      aria-label={policy.name}
      className="panel flex flex-wrap items-start justify-between gap-x-6 gap-y-3 px-4 py-3.5"
    >
      <div className="min-w-0 flex-1 basis-72">
        <h2 className="font-bold break-words">{policy.name}</h2>
        <p className="mt-0.5">
          <span className="text-ink-faint">{STRATEGIES[policy.strategy]}: </span>
          {describeRules(policy)}
          {policy.minKeep > 1 ? ` Always the newest ${policy.minKeep}.` : null}
        </p>
        {policy.description ? <p className="mt-0.5 text-sm text-ink-soft">{policy.description}</p> : null}
        <p className="mt-1 text-sm text-ink-soft">{users(policy)}</p>
      </div>
      <div className="flex flex-wrap gap-2">
        <Link
          to="/retention-policies/$id/edit"
          params={{ id: policy.id }}
          className={buttonClass({ size: "sm" })}
        >
          <Pencil aria-hidden />
          Edit and try out
        </Link>
        <Button size="sm" aria-label={`Delete ${policy.name}`} onClick={() => setDeleting(true)}>
          <Trash2 aria-hidden />
        </Button>
      </div>
      <DeletePolicy policy={policy} open={deleting} onOpenChange={setDeleting} />
    </article>
  );
}

function users({ schedules, backups }: RetentionPolicyView): string {
  const parts = [
    schedules > 0 ? plural(schedules, "schedule") : "",
    backups > 0 ? `${plural(backups, "backup")} of ${backups === 1 ? "its" : "their"} own choice` : "",
  ].filter(Boolean);
  return parts.length > 0 ? `In use by ${parts.join(" and ")}` : "Not in use";
}
