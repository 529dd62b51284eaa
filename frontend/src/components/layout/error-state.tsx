import { RotateCw } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { ApiError, describeError } from "@/lib/api-error";

interface ErrorStateProps {
  /** What could not be done: "The databases could not be loaded". */
  title: string;
  error: unknown;
  onRetry?: () => void;
}

export function ErrorState({ title, error, onRetry }: ErrorStateProps) {
  return (
    <Notice
      tone="bad"
      live
      title={title}
      actions={
        onRetry ? (
          <Button size="sm" onClick={onRetry}>
            <RotateCw aria-hidden />
            Try again
          </Button>
        ) : undefined
      }
    >
      {describeError(error)}
      {error instanceof ApiError && error.code === "NETWORK" ? " This page tries again by itself." : null}
    </Notice>
  );
}
