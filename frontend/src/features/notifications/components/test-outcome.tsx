import type { NotificationTest } from "@/client";
import { Notice } from "@/components/ui/notice";
import { describeError } from "@/lib/api-error";

interface TestOutcomeProps {
  result: NotificationTest | undefined;
  error: Error | null;
}

/** What became of a test message. */
export function TestOutcome({ result, error }: TestOutcomeProps) {
  if (error) {
    return (
      <Notice tone="bad" live title="The test could not be made">
        {describeError(error)}
      </Notice>
    );
  }
  if (!result) return null;
  return result.ok ? (
    <Notice tone="ok" live title="The test message was accepted">
      {result.message} Look whether it arrived.
    </Notice>
  ) : (
    <Notice tone="bad" live title="The test message was not delivered">
      {result.message}
    </Notice>
  );
}
