import { KeyRound } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { describeError } from "@/lib/api-error";
import { useStartSingleSignOn } from "../api";
import { keepNext } from "../next-place";

interface SingleSignOnProps {
  name: string;
  next: string | undefined;
}

/** The other way in: the provider says who somebody is. */
export function SingleSignOn({ name, next }: SingleSignOnProps) {
  const start = useStartSingleSignOn();
  const go = () => {
    keepNext(next);
    start.mutate();
  };
  return (
    <div className="mt-6 space-y-4 border-t pt-6">
      {start.isError ? (
        <Notice tone="bad" live title="The provider cannot be asked">
          {describeError(start.error)}
        </Notice>
      ) : null}
      <Button className="w-full" busy={start.isPending} onClick={go}>
        {start.isPending ? null : <KeyRound aria-hidden />}
        Sign in with {name}
      </Button>
    </div>
  );
}
