import { CircleCheck, CircleX } from "lucide-react";
import type { S3Test } from "@/client";

export function S3TestSteps({ result }: { result: S3Test }) {
  return (
    <ol className="space-y-3">
      {result.steps.map((step) => {
        const Icon = step.ok ? CircleCheck : CircleX;
        return (
          <li key={STEPS[step.name] ?? step.name} className="flex gap-2.5">
            <Icon className={`mt-0.5 size-4 shrink-0 ${step.ok ? "text-ok" : "text-bad"}`} aria-hidden />
            <div className="min-w-0 flex-1">
              <p className="flex justify-between gap-2 font-semibold">
                <span>
                  <span className="sr-only">{step.ok ? "Passed: " : "Failed: "}</span>
                  {STEPS[step.name] ?? step.name}
                </span>
                <span className="text-sm font-normal text-ink-faint">{Math.round(step.durationMs)} ms</span>
              </p>
              <p className="text-sm break-words text-ink-soft">{step.message}</p>
            </div>
          </li>
        );
      })}
    </ol>
  );
}

const STEPS: Record<string, string> = {
  reach: "Reach the bucket",
  list: "List objects",
  versions: "Versions",
  objectLock: "Object lock",
  put: "Store an object",
  tags: "Tags",
  readBack: "Read it back",
  multipart: "Upload in parts",
  delete: "Delete it",
};
