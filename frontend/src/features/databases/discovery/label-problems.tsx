import type { LabelProblem } from "@/client";
import { Notice } from "@/components/ui/notice";

/** What is wrong with labels of containers; nothing of theirs is changed until it is put right. */
export function LabelProblems({ problems }: { problems: LabelProblem[] }) {
  if (problems.length === 0) return null;
  return (
    <Notice tone="warn" title="Some labels cannot be followed">
      <ul className="space-y-1">
        {problems.map(({ container, label, message }) => (
          <li key={`${container} ${label} ${message}`}>
            <span className="font-semibold">{container}</span>
            {label ? (
              <>
                {" "}
                <code className="font-mono text-sm">{label}</code>
              </>
            ) : null}
            : {message}
          </li>
        ))}
      </ul>
    </Notice>
  );
}
