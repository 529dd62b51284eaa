import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CloudCog, KeyRound, Plus } from "lucide-react";
import { Allowed } from "@/components/access/allowed";
import { ErrorState } from "@/components/layout/error-state";
import { PageHeader } from "@/components/layout/page-header";
import { buttonClass } from "@/components/ui/button-class";
import { Empty } from "@/components/ui/empty";
import { Skeleton } from "@/components/ui/skeleton";
import { s3ConfigsQuery } from "@/lib/queries";
import { LocalStorageCard } from "./local-storage-card";
import { S3ConfigCard } from "./s3-config-card";

export function S3ConfigsPage() {
  const configs = useQuery(s3ConfigsQuery());
  const add = (
    <Allowed to="system.configure">
      <Link to="/s3-configs/new" className={buttonClass({ variant: "primary" })}>
        <Plus aria-hidden />
        Add S3 storage
      </Link>
    </Allowed>
  );
  return (
    <>
      <PageHeader
        title="Storage"
        actions={
          <>
            <Link to="/encryption-keys" className={buttonClass({})}>
              <KeyRound aria-hidden />
              Encryption keys
            </Link>
            {configs.data?.length ? add : null}
          </>
        }
      />
      <div className="space-y-4">
        <LocalStorageCard />
        {configs.isError ? (
          <ErrorState
            title="The S3 storage could not be loaded"
            error={configs.error}
            onRetry={() => configs.refetch()}
          />
        ) : configs.isPending ? (
          <div role="status" aria-label="Loading storage">
            <Skeleton className="h-32" />
          </div>
        ) : configs.data.length === 0 ? (
          <Empty icon={CloudCog} title="No S3 storage yet" actions={add}>
            Backups on local disk are lost with this machine. Add a bucket of AWS, MinIO, R2, Wasabi or any
            other S3 server, and every backup gets a copy there.
          </Empty>
        ) : (
          configs.data.map((config) => <S3ConfigCard key={config.id} config={config} />)
        )}
      </div>
    </>
  );
}
