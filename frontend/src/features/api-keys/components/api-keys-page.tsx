import { useQuery } from "@tanstack/react-query";
import { Plus, UserKey } from "lucide-react";
import { useState } from "react";
import { ErrorState } from "@/components/layout/error-state";
import { PageHeader } from "@/components/layout/page-header";
import { Button } from "@/components/ui/button";
import { Empty } from "@/components/ui/empty";
import { Notice } from "@/components/ui/notice";
import { Skeleton } from "@/components/ui/skeleton";
import { useMe } from "@/lib/access";
import { apiKeysQuery } from "../api";
import { ApiKeyRow } from "./api-key-row";
import { MakeApiKey } from "./make-api-key";

export function ApiKeysPage() {
  const keys = useQuery(apiKeysQuery());
  const me = useMe();
  const [making, setMaking] = useState(false);
  const make = (
    <Button variant="primary" onClick={() => setMaking(true)}>
      <Plus aria-hidden />
      Make a key
    </Button>
  );
  const header = (actions?: typeof make) => (
    <PageHeader
      title="API keys"
      meta="For programs. A key does what its role may, and never more than its owner."
      actions={actions}
    />
  );
  if (me && !me.userId) {
    return (
      <>
        {header()}
        <Notice title="Not needed without sign-in">
          The server runs with AUTH_MODE=none: programs get in without a key.
        </Notice>
      </>
    );
  }
  return (
    <>
      {header(keys.data?.length ? make : undefined)}
      {keys.isError ? (
        <ErrorState title="The keys could not be loaded" error={keys.error} onRetry={() => keys.refetch()} />
      ) : keys.isPending ? (
        <div role="status" aria-label="Loading API keys">
          <Skeleton className="h-32" />
        </div>
      ) : keys.data.length === 0 ? (
        <Empty icon={UserKey} title="No API key yet" actions={make}>
          A script or a monitor sends the key in the header X-API-Key instead of signing in.
        </Empty>
      ) : (
        <ul className="panel divide-y divide-line">
          {keys.data.map((key) => (
            <ApiKeyRow key={key.id} apiKey={key} own={key.userId === me?.userId} />
          ))}
        </ul>
      )}
      {making ? <MakeApiKey onClose={() => setMaking(false)} /> : null}
    </>
  );
}
